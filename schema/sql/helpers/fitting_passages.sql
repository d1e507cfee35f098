-- A word as the text of a query has it.
create or replace function pgswarm.lexeme(word text) returns text
language sql immutable parallel safe as $$
  select '''' || replace(replace(word, '\', '\\'), '''', '''''') || ''''
$$;

-- The passages that are ranked for a query: up to 500 with all of its words and, beside them, up to 200 with each; so that a rare
-- word is found beside a frequent one, and a frequent one does not cost its number of passages. The layers are words of the
-- passages too: the index finds those of one swarm among all. Only the index is right for this, whatever the planner thinks.
create or replace function pgswarm.fitting_passages(sight pgswarm.sight, words text[])
returns table (entry_id uuid, chunk_no integer)
language plpgsql stable set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_layers text;
  v_all tsquery;
begin
  select '(' || string_agg(pgswarm.lexeme(l::text), ' | ') || ') & ' into v_layers from unnest(sight.layers) l;
  select (v_layers || string_agg(pgswarm.lexeme(w), ' & '))::tsquery into v_all from unnest(words) w;
  return query
    (select c.entry_id, c.chunk_no from pgswarm.entry_chunk c where c.tsv @@ v_all limit 500)
    union
    select k.entry_id, k.chunk_no
      from unnest(words) w
     cross join lateral (
       select c.entry_id, c.chunk_no from pgswarm.entry_chunk c
        where c.tsv @@ (v_layers || pgswarm.lexeme(w))::tsquery limit 200) k
     where cardinality(words) > 1;
end
$$;

-- The same below a folder: what lies there is looked up first.
create or replace function pgswarm.fitting_passages_below(sight pgswarm.sight, words text[], folder_id uuid)
returns table (entry_id uuid, chunk_no integer)
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_any tsquery;
begin
  select string_agg(pgswarm.lexeme(w), ' | ')::tsquery into v_any from unnest(words) w;
  return query
  with recursive tree as (
    select fitting_passages_below.folder_id as entry_id
    union
    select e.entry_id from tree t join pgswarm.space_entry e on e.parent_id = t.entry_id and e.scope_id = any (sight.layers)
  )
  select c.entry_id, c.chunk_no
    from tree t join pgswarm.entry_chunk c on c.entry_id = t.entry_id
   where c.tsv @@ v_any
   limit 2000;
end
$$;
