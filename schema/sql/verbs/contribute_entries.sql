-- Merges entries of a swarm's own into a blueprint that is not in use yet, each with all below it, at the same paths: what a
-- swarm has made, for those that start from it later. Contents are shared. Returns how many entries it gave.
create or replace function pgswarm.contribute_entries(blueprint_id uuid, swarm_id uuid, entry_ids uuid[]) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(null, coalesce(contribute_entries.blueprint_id, pgswarm.built_in_scope()));
  v_theirs pgswarm.sight := pgswarm.sight_of(coalesce(contribute_entries.swarm_id, pgswarm.built_in_scope()));
  v_entry pgswarm.space_entry;
  v_made uuid;
  v_old uuid[] := '{}';
  v_new uuid[] := '{}';
  v_at timestamptz;
begin
  perform pgswarm.require_own_blueprint(contribute_entries.blueprint_id);
  if coalesce(cardinality(entry_ids), 0) = 0 then
    raise exception 'entry_ids is empty' using errcode = 'PS422', detail = 'entry_ids', hint = 'name the entries';
  end if;
  if exists (
    select from pgswarm.entries_below(contribute_entries.swarm_id, entry_ids) b
      join pgswarm.space_entry e on e.entry_id = b where e.fields ->> 'source' = 'created' and e.fields ? 'hash') then
    raise exception 'an action that the swarm made is among the entries: it is reviewed first'
      using errcode = 'PS422', detail = 'entry_ids', hint = 'merge it by merge_action, or pgswarm actions merge';
  end if;
  perform pgswarm.lock_swarms(array[contribute_entries.blueprint_id, contribute_entries.swarm_id]);
  v_at := pgswarm.begin_change(v_sight);
  perform pgswarm.own_entry(v_theirs, i) from unnest(entry_ids) i;
  for v_entry in
    select e.* from pgswarm.entries_below(contribute_entries.swarm_id, entry_ids) b
      join pgswarm.space_entry e on e.entry_id = b
     order by e.kind = 'pointer', length(e.path) - length(replace(e.path, '/', '')), e.path
  loop
    v_made := pgswarm.give_entry(v_sight, v_entry, coalesce(v_new[array_position(v_old, v_entry.target_id)], v_entry.target_id), v_at);
    v_old := v_old || v_entry.entry_id;
    v_new := v_new || v_made;
  end loop;
  return cardinality(v_new);
end
$$;
