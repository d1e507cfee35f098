-- The entry at a path of a space, as a swarm sees it: the nearest layer's at each step. Null where there is none; an empty path is
-- the root.
create or replace function pgswarm.find_entry(swarm_id uuid, path text, space text default 'memory', blueprint_id uuid default null)
returns uuid
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(find_entry.swarm_id, find_entry.blueprint_id);
begin
  perform pgswarm.require_space(find_entry.space);
  return (pgswarm.entry_at(v_sight, find_entry.space, coalesce(find_entry.path, ''))).entry_id;
end
$$;
