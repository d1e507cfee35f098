-- Keeps the vectors that a model made of passages: `numbers` holds one after the other, as many numbers for each hash. They are
-- brought to length 1; one that is there stays. Passages that stand nowhere any more are passed over. Returns how many are new.
create or replace function pgswarm.keep_vectors(model text, hashes bytea[], numbers real[]) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_length integer := cardinality(numbers) / greatest(cardinality(hashes), 1);
  v_kept integer;
begin
  if coalesce(keep_vectors.model, '') = '' or length(keep_vectors.model) > 300 then
    raise exception 'model must be the name of one, of up to 300 characters'
      using errcode = 'PS422', detail = 'model', hint = 'give the name under which its server knows it';
  end if;
  if v_length is null or v_length not between 1 and 16384 or v_length * cardinality(hashes) <> cardinality(numbers) then
    raise exception 'numbers are not % vectors of one length, from 1 to 16384', coalesce(cardinality(hashes), 0)
      using errcode = 'PS422', detail = 'numbers', hint = 'give the numbers of one vector after the other';
  end if;
  perform pgswarm.index_vectors(keep_vectors.model, v_length);
  insert into pgswarm.passage_vector (hash, model, embedding, signs, created_at)
  select h.hash, keep_vectors.model, n.embedding, pgswarm.signs_of(n.embedding), pgswarm.clock()
    from (select distinct on (u.hash) u.hash, u.o from unnest(hashes) with ordinality u(hash, o) order by 1, 2) h
   cross join lateral (select pgswarm.unit_vector(numbers[(h.o - 1) * v_length + 1 : h.o * v_length]) as embedding) n
   where n.embedding is not null and exists (select from pgswarm.entry_chunk c where c.hash = h.hash)
   order by h.hash  -- two that keep the same wait for each other in one order
  on conflict do nothing;
  get diagnostics v_kept = row_count;
  return v_kept;
end
$$;
