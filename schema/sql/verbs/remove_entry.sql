-- Takes an entry of a swarm's own away, with all below it and the pointers to them; what was derived from them is out of date.
-- The last versions are kept (`entry_history`). Returns how many entries went.
create or replace function pgswarm.remove_entry(
  swarm_id uuid, entry_id uuid, node_id uuid default null, if_version integer default null
) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(remove_entry.swarm_id);
  v pgswarm.space_entry := pgswarm.seen_entry(v_sight, remove_entry.entry_id);
  v_at timestamptz;
begin
  v_at := pgswarm.begin_change(v_sight);
  v := pgswarm.own_entry(v_sight, remove_entry.entry_id, remove_entry.if_version);
  return pgswarm.drop_entries(v_sight, array[v.entry_id], v_at, remove_entry.node_id);
end
$$;
