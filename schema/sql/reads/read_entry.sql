-- The content of an entry that a swarm sees, a pointer's is its target's; null where it has none, or there is no such entry.
-- `version`: as it was in that version.
create or replace function pgswarm.read_entry(swarm_id uuid, entry_id uuid, version integer default null, blueprint_id uuid default null)
returns bytea
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(read_entry.swarm_id, read_entry.blueprint_id);
begin
  return (
    select b.content
      from pgswarm.space_entry p
      join pgswarm.space_entry e on e.entry_id = coalesce(p.target_id, p.entry_id) and e.scope_id = any (v_sight.layers)
      join pgswarm.blob b on b.blob = case when coalesce(read_entry.version, e.version) = e.version then e.blob else (
             select v.blob from pgswarm.entry_version v where v.entry_id = e.entry_id and v.version = read_entry.version) end
     where p.entry_id = read_entry.entry_id and p.scope_id = any (v_sight.layers));
end
$$;
