-- Cuts a text along its structure into passages of up to about 1,200 characters, each with its place and what it stands under:
-- a markdown text at blank lines and headings, code at its classes and functions, a table at its rows, everything else at blank
-- lines. What is not UTF-8 text is kept but not searched, nor is a PDF (its text is an entry of its own), nor what is in another
-- space than memory. A passage that is there as it was keeps its vectors.
create or replace function pgswarm.index_entry(entry pgswarm.space_entry, content bytea) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_old bytea[] := pgswarm.take_passages(array[entry.entry_id]);
  v_text text;
begin
  if entry.space = 'memory' and position('\x00'::bytea in content) = 0 and octet_length(content) <= 20000000
     and substr(content, 1, 5) <> '%PDF-' then
    begin
      v_text := convert_from(content, 'UTF8');
    exception when character_not_in_repertoire or untranslatable_character then
      v_text := null;
    end;
  end if;
  if v_text is not null then
    insert into pgswarm.entry_chunk (swarm_id, scope_id, entry_id, chunk_no, first_line, last_line, title, content, hash)
    select entry.swarm_id, entry.scope_id, entry.entry_id, p.passage_no, p.first_line, p.last_line, p.title, p.content,
           pgswarm.passage_hash(p.title, p.content)
      from pgswarm.passages_of(v_text, pgswarm.structure_of(entry.kind)) p;
  end if;
  perform pgswarm.drop_vectors(v_old);
end
$$;

-- What a passage's vectors are kept under: its text is the same, so is its vector.
create or replace function pgswarm.passage_hash(title text, content text) returns bytea
language sql stable parallel safe as $$
  select sha256(convert_to(title || E'\n' || content, 'UTF8'))
$$;

-- Takes the passages of entries away; returns the hashes of what they were.
create or replace function pgswarm.take_passages(entry_ids uuid[]) returns bytea[]
language sql volatile as $$
  with gone as (delete from pgswarm.entry_chunk c where c.entry_id = any (take_passages.entry_ids) returning c.hash)
  select coalesce(array_agg(distinct g.hash), '{}') from gone g
$$;

-- Takes away the vectors of passages that stand nowhere any more.
create or replace function pgswarm.drop_vectors(hashes bytea[]) returns void
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  delete from pgswarm.passage_vector v
   where v.hash = any (drop_vectors.hashes)
     and not exists (select from pgswarm.entry_chunk c where c.hash = v.hash);
end
$$;

create or replace function pgswarm.drop_passages(entry_ids uuid[]) returns void
language plpgsql volatile as $$
begin
  perform pgswarm.drop_vectors(pgswarm.take_passages(drop_passages.entry_ids));
end
$$;
