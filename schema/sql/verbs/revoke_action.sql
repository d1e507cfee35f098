-- Stops the use of one version of an action that a swarm, or a blueprint, has: no node of its owner runs this content any more,
-- wherever it is kept, also one that is waiting. Of a blueprint that is everybody's, an account revokes it for itself. `everybody`:
-- nobody's node runs it (admins only). False: it was revoked already.
create or replace function pgswarm.revoke_action(
  swarm_id uuid, action_id text, version integer, why text, blueprint_id uuid default null, everybody boolean default false
) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(
    revoke_action.swarm_id, coalesce(revoke_action.blueprint_id, case when revoke_action.swarm_id is null then pgswarm.built_in_scope() end));
  v_found pgswarm.created;
  v_entry pgswarm.space_entry;
  v_at timestamptz;
  v_done boolean;
begin
  if coalesce(btrim(revoke_action.why), '') = '' or length(revoke_action.why) > 1000 then
    raise exception 'why is empty, or longer than 1000 characters'
      using errcode = 'PS422', detail = 'why', hint = 'say in a sentence what is wrong with this version';
  end if;
  if revoke_action.everybody then
    perform pgswarm.require_admin('revoke an action for everybody');
  end if;
  if revoke_action.swarm_id is not null then
    perform pgswarm.lock_swarms(array[revoke_action.swarm_id]);
  end if;
  v_found := pgswarm.require_created(revoke_action.swarm_id, revoke_action.action_id, revoke_action.version, revoke_action.blueprint_id);
  if v_found.layer = 'swarm' and pgswarm.swarm_status(revoke_action.swarm_id) <> 'terminated' then
    v_at := pgswarm.begin_change(v_sight);
  end if;
  insert into pgswarm.revoked_action (revocation_id, owner_id, hash, action_id, version, why, revoked_by, revoked_at)
  values (pgswarm.new_id(), case when not revoke_action.everybody then pgswarm.user_of(v_sight) end, v_found.hash, revoke_action.action_id,
          revoke_action.version, revoke_action.why, pgswarm.current_actor(), pgswarm.clock())
  on conflict do nothing;
  v_done := found;
  if v_done and v_at is not null then
    if v_found.newest then  -- routers are not shown it any more
      v_entry := pgswarm.seen_entry(v_sight, v_found.entry_id);
      v_entry.fields := v_entry.fields || '{"routable": false}';
      perform pgswarm.file_entry(v_sight, v_entry, null, v_at);
    end if;
    perform pgswarm.tell_entries(revoke_action.swarm_id, v_at, 'revoked', null, array[v_found.entry_id]);
  end if;
  return v_done;
end
$$;
