-- What a swarm sees in a space that holds something, folders left out: built in, its blueprint's, its own, each oldest first. Where
-- two have one path, the nearest. At most `max_entries`, the swarm's own before what it shares.
create or replace function pgswarm.list_entries(swarm_id uuid, space text default 'memory', max_entries integer default 100000)
returns table (entry_id uuid, name text, kind text, description text, size bigint, path text, layer text)
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(list_entries.swarm_id);
begin
  perform pgswarm.require_space(list_entries.space);
  return query
  with seen as (
    select distinct on (e.path) e.*, l.rank
      from unnest(v_sight.layers) with ordinality l(scope_id, rank)
      join pgswarm.space_entry e on e.scope_id = l.scope_id and e.space = list_entries.space and e.blob is not null
     where cardinality(v_sight.hidden) = 0 or not exists (
       select from pgswarm.entry_line(e.entry_id) h where h.entry_id = any (v_sight.hidden))
     order by e.path, l.rank
  ),
  nearest as (
    select s.* from seen s order by s.rank, s.created_at desc, s.entry_id desc limit greatest(max_entries, 0)
  )
  select n.entry_id, n.name, n.kind, n.description, n.size, n.path,
         case when n.swarm_id is not null then 'swarm' when n.blueprint_id is not null then 'blueprint' else 'built_in' end
    from nearest n
   order by n.rank desc, n.created_at, n.entry_id;
end
$$;
