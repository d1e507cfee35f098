-- An entry and the folders above it, from the root (depth 0) down, with how each is searched. An action that
-- was revoked is not routable.
create or replace function pgswarm.entry_path(swarm_id uuid, entry_id uuid, blueprint_id uuid default null)
returns table (depth integer, place_id uuid, name text, path text, kind text, description text, portal boolean, search text, fields jsonb)
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(entry_path.swarm_id, entry_path.blueprint_id);
  v_entry pgswarm.space_entry := pgswarm.seen_entry(v_sight, entry_path.entry_id);
begin
  return query
  select (max(l.height) over () - l.height)::integer, e.entry_id, e.name, e.path, e.kind, e.description, e.portal,
         coalesce(e.search, case when k.search = 'none' then k.search end, pgswarm.search_below(e.parent_id), k.search),
         pgswarm.fields_offered(v_sight, e.fields)
    from pgswarm.entry_line(v_entry.entry_id) l
    join pgswarm.space_entry e on e.entry_id = l.entry_id
    join pgswarm.entry_kind k on k.space = e.space and k.kind = e.kind
   order by 1;
end
$$;
