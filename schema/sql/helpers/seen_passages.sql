-- The passages that a swarm sees: all of its own and its blueprint's, or those of an entry with what lies below it.
create or replace function pgswarm.seen_passages(sight pgswarm.sight, folder_id uuid)
returns table (entry_id uuid, chunk_no integer, hash bytea)
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_layers tsquery;
begin
  if seen_passages.folder_id is null then
    select string_agg(pgswarm.lexeme(l::text), ' | ')::tsquery into v_layers
      from unnest(array_remove(sight.layers, pgswarm.built_in_scope())) l;
    return query select c.entry_id, c.chunk_no, c.hash from pgswarm.entry_chunk c where c.tsv @@ v_layers;
  else
    perform pgswarm.seen_entry(sight, seen_passages.folder_id, 'folder_id');
    return query
    with recursive tree as (
      select seen_passages.folder_id as entry_id
      union
      select e.entry_id from tree t join pgswarm.space_entry e on e.parent_id = t.entry_id and e.scope_id = any (sight.layers)
    )
    select c.entry_id, c.chunk_no, c.hash from tree t join pgswarm.entry_chunk c on c.entry_id = t.entry_id;
  end if;
end
$$;

-- Whether an entry of a blueprint's base is left out by the version that a swarm stands on.
create or replace function pgswarm.is_hidden(sight pgswarm.sight, entry_id uuid) returns boolean
language sql stable as $$
  select cardinality(sight.hidden) > 0 and exists (
    select from pgswarm.entry_line(is_hidden.entry_id) l where l.entry_id = any (sight.hidden))
$$;
