-- What a swarm sees in a space that holds something: built in, its blueprint's, its own, each oldest first. Where two have one
-- path, the nearest. Of a large layer the first `max_entries` at the root, where people attach, and as many by path: both come of
-- an index, in its order. `made`: by a node of the swarm.
create or replace function pgswarm.list_entries(swarm_id uuid, space text default 'memory', max_entries integer default 1000)
returns table (
  entry_id uuid, name text, kind text, description text, size bigint, path text, made boolean, layer text)
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(list_entries.swarm_id);
  v_most integer := least(greatest(max_entries, 0), 100000);
begin
  perform pgswarm.require_space(list_entries.space);
  return query
  with seen as (
    select distinct on (e.path) e.*, l.rank
      from unnest(v_sight.layers) with ordinality l(scope_id, rank)
     cross join lateral (
       (select a.entry_id from pgswarm.space_entry a
         where a.parent_id = pgswarm.space_root(list_entries.space) and a.scope_id = l.scope_id and a.blob is not null
         order by a.name limit v_most)
       union
       (select b.entry_id from pgswarm.space_entry b
         where b.scope_id = l.scope_id and b.space = list_entries.space and b.blob is not null
         order by b.path limit v_most)) f
      join pgswarm.space_entry e on e.entry_id = f.entry_id
     where cardinality(v_sight.hidden) = 0 or not exists (
       select from pgswarm.entry_line(e.entry_id) h where h.entry_id = any (v_sight.hidden))
     order by e.path, l.rank
  )
  select s.entry_id, s.name, s.kind, s.description, s.size, s.path, s.swarm_id is not null and s.author_node_id is not null,
         case when s.swarm_id is not null then 'swarm' when s.blueprint_id is not null then 'blueprint' else 'built_in' end
    from seen s
   order by s.rank desc, s.created_at, s.entry_id;
end
$$;
