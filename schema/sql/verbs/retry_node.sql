-- Makes a replacement for a terminated node, while its parent still waits for its children. The parent then reads the
-- replacement's report in place of the old one. Of an action that the swarm made, the replacement has the newest version.
create or replace function pgswarm.retry_node(swarm_id uuid, node_id uuid) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_old pgswarm.node;
  v_new pgswarm.node;
  v_at timestamptz;
  v_seq bigint;
begin
  perform pgswarm.require_swarm(retry_node.swarm_id);
  perform pgswarm.lock_swarms(array[retry_node.swarm_id]);
  perform pgswarm.swarm_status(retry_node.swarm_id);
  perform pgswarm.node_status(retry_node.swarm_id, retry_node.node_id);
  select n.* into v_old from pgswarm.node n where n.swarm_id = retry_node.swarm_id and n.node_id = retry_node.node_id;
  if v_old.status <> 'terminated' then
    raise exception 'node % is %, only a terminated one can be retried', v_old.node_id, v_old.status
      using errcode = 'PS409', detail = 'node_id', hint = 'wait for its end or cancel it first';
  end if;
  if exists (select from pgswarm.node r where r.parent_id = v_old.parent_id and r.retry_of = v_old.node_id) then
    raise exception 'node % has a replacement already', v_old.node_id
      using errcode = 'PS409', detail = 'node_id', hint = 'retry the replacement';
  end if;
  if v_old.action not like 'bench/%' and (
    select pgswarm.counted_nodes(w.swarm_id) >= w.max_nodes from pgswarm.swarm w where w.swarm_id = v_old.swarm_id) then
    raise exception 'the swarm has reached its limit of nodes'
      using errcode = 'PS409', detail = 'swarm_id', hint = 'raise it first: raise_budget';
  end if;
  if v_old.action like 'created/%' and pgswarm.created_version(v_old.swarm_id, v_old.action) is null then
    raise exception 'no version of the action % may run', v_old.action
      using errcode = 'PS409', detail = 'node_id', hint = 'it was revoked or removed: have a new version made first';
  end if;
  update pgswarm.node p set open_children = p.open_children + 1
   where p.swarm_id = v_old.swarm_id and p.node_id = v_old.parent_id and p.status = 'awaiting_children'
     and v_old.spawn_round = p.activation;
  if not found then
    raise exception 'the parent of node % does not wait for it any more', v_old.node_id
      using errcode = 'PS409', detail = 'node_id', hint = 'fork the swarm at a moment before the parent went on';
  end if;
  v_at := pgswarm.next_event_at(v_old.swarm_id);
  insert into pgswarm.node as n (
    swarm_id, node_id, parent_id, depth, position, action, action_version, directive, directive_blob, args, max_attempts,
    timeout_s, priority, available_at, spawn_round, retry_of, created_at, updated_at)
  values (
    v_old.swarm_id, pgswarm.new_id(), v_old.parent_id, v_old.depth, v_old.position, v_old.action,
    case when v_old.action like 'created/%' then pgswarm.created_version(v_old.swarm_id, v_old.action) else v_old.action_version end,
    v_old.directive, v_old.directive_blob, v_old.args, v_old.max_attempts, v_old.timeout_s, v_old.priority, v_at,
    v_old.spawn_round, v_old.node_id, v_at, v_at)
  returning n.* into v_new;
  insert into pgswarm.ready (swarm_id, priority, available_at, node_id, action)
  values (v_new.swarm_id, v_new.priority, v_at, v_new.node_id, v_new.action);
  update pgswarm.lane l
     set head_at = least(l.head_at, v_at), next_at = '-infinity',
         head_id = case when v_at <= l.head_at then '00000000-0000-0000-0000-000000000000' else l.head_id end
   where l.swarm_id = v_new.swarm_id;
  v_seq := pgswarm.append_event(v_new.swarm_id, v_at, 'node.created', 'spawn', v_new.node_id, pgswarm.created_frame(v_new),
    (v_new.action not like 'bench/%')::integer);
  perform pgswarm.notify_since(v_new.swarm_id, v_seq);
  perform pgswarm.notify_work();
  return v_new.node_id;
end
$$;
