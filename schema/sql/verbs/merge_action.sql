-- Puts one version of an action that a swarm made into a blueprint that is not in use yet, for those that start from it later.
-- `hash` is that of what was reviewed: anything else is refused. Who merged it, when and from which swarm is kept with it.
-- Returns the version that it has there.
create or replace function pgswarm.merge_action(
  blueprint_id uuid, swarm_id uuid, action_id text, version integer, hash text
) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(null, coalesce(merge_action.blueprint_id, pgswarm.built_in_scope()));
  v_found pgswarm.created;
  v_there record;
  v pgswarm.space_entry;
  v_at timestamptz;
begin
  perform pgswarm.require_own_blueprint(merge_action.blueprint_id);
  perform pgswarm.require_swarm(merge_action.swarm_id);
  perform pgswarm.lock_swarms(array[merge_action.blueprint_id, merge_action.swarm_id]);
  v_found := pgswarm.require_created(merge_action.swarm_id, merge_action.action_id, merge_action.version, null);
  if v_found.hash is distinct from merge_action.hash then
    raise exception 'version % of % is not what was reviewed', merge_action.version, merge_action.action_id
      using errcode = 'PS409', detail = 'hash', hint = 'read it again, and give the hash that it has';
  end if;
  if v_found.revoked_at is not null then
    raise exception 'version % of % was revoked: %', merge_action.version, merge_action.action_id, v_found.revoked_why
      using errcode = 'PS409', detail = 'version', hint = 'merge another version';
  end if;
  v_at := pgswarm.begin_change(v_sight);
  select c.version, c.hash, c.entry_id into v_there
    from pgswarm.created_actions(null, merge_action.action_id, null, merge_action.blueprint_id) c where c.newest;
  if v_there.hash = merge_action.hash then
    return v_there.version;
  end if;
  v.space := 'action';
  v.parent_id := (pgswarm.folder_for(v_sight, 'action', 'created', null, v_at)).entry_id;
  v.name := split_part(merge_action.action_id, '/', 2);
  if (pgswarm.child_at(v_sight, v.parent_id, v.name)).entry_id is distinct from v_there.entry_id then
    raise exception 'name created/% is taken in the blueprint', v.name
      using errcode = 'PS409', detail = 'action_id', hint = 'leave that entry out of a new version of the blueprint first';
  end if;
  v.kind := 'action';
  v.description := v_found.description;
  v.fields := v_found.fields || jsonb_build_object(
    'version', greatest(v_found.version, 1 + coalesce((
      select max(c.version) from pgswarm.created_actions(null, merge_action.action_id, null, merge_action.blueprint_id) c), 0)),
    'approval', v_found.fields -> 'approval' || jsonb_build_object(
      'merged_by', pgswarm.current_actor(), 'merged_at', v_at, 'from_swarm', merge_action.swarm_id));
  v.author_node_id := v_found.author_node_id;
  v := pgswarm.file_entry(v_sight, v, convert_to(v_found.code, 'UTF8'), v_at);
  return (v.fields ->> 'version')::integer;
end
$$;
