-- Passages that a model has made no vector of yet, as a swarm sees them, each text once; `folder_id`: of that entry and what lies
-- below it. The text is what a model is to read: what the passage stands under, then the passage, up to 8,000 characters.
create or replace function pgswarm.missing_vectors(swarm_id uuid, model text, max_passages integer, folder_id uuid default null)
returns table (hash bytea, content text)
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(missing_vectors.swarm_id);
begin
  return query
  with missing as materialized (
    select distinct on (p.hash) p.hash, p.entry_id, p.chunk_no
      from pgswarm.seen_passages(v_sight, missing_vectors.folder_id) p
     where not exists (select from pgswarm.passage_vector v where v.hash = p.hash and v.model = missing_vectors.model)
     order by p.hash, p.entry_id
  ),
  first as materialized (
    select * from missing order by entry_id, chunk_no limit least(greatest(missing_vectors.max_passages, 1), 10000)
  )
  select f.hash, left(case when c.title = '' then '' else c.title || E'\n' end || c.content, 8000)
    from first f join pgswarm.entry_chunk c on c.entry_id = f.entry_id and c.chunk_no = f.chunk_no
   order by f.entry_id, f.chunk_no;
end
$$;
