-- One act alone, as `apply_acts` does it, in statements that start faster: what a worker commits while there is little to do,
-- and every step of a chain. It takes the plain case only (a node that is running at its epoch and finishes, spawns or
-- continues within its limits); anything else goes on to `apply_acts`, before anything is written.
-- A worker that asks for work (`claim`) and would find none but what this act makes ready gets that node at once, without the
-- way through `ready` and the lanes.
--
-- Locks: as `apply_acts`, and before it.
create or replace function pgswarm.apply_act(
  worker_id uuid, swarm_ids uuid[], node_ids uuid[], epochs integer[], verbs text[], reports text[], errors jsonb[],
  handlers text[], states jsonb[], delays_s double precision[],
  child_of integer[], child_ids uuid[], child_actions text[], child_directives text[], child_args jsonb[],
  child_priorities smallint[], claim boolean, action_patterns text[]
) returns setof pgswarm.advanced
language plpgsql volatile
set enable_seqscan = off set enable_hashjoin = on set enable_mergejoin = off set enable_bitmapscan = off
set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_swarm uuid := swarm_ids[1];
  v_verb text := verbs[1];
  v_children integer := cardinality(child_of);
  v_counted integer := 0;
  v_actor text := pgswarm.current_actor();
  v_at timestamptz;
  v_seq bigint;
  v_nodes integer;
  v_messages boolean;
  v_was record;
  v_is record;
begin
  perform pgswarm.lock_swarms(swarm_ids);
  select n.ctid as row_at, n.parent_id, n.attempt, n.activation, n.depth, n.error, n.handler, n.state, n.available_at,
         s.max_activations, s.max_depth, s.max_children, s.max_nodes, last.seq, last.at, last.nodes
    into v_was
    from pgswarm.node n
    join pgswarm.swarm s on s.swarm_id = n.swarm_id
   cross join lateral (select e.seq, e.at, e.nodes from pgswarm.event e
                        where e.swarm_id = v_swarm order by e.seq desc limit 1) last
   where n.swarm_id = v_swarm and n.node_id = node_ids[1] and n.status = 'running' and n.lease_epoch = epochs[1];
  if v_verb = 'spawn' then
    v_counted := (select count(*) from unnest(child_actions) c where c not like 'bench/%');
  end if;
  if v_was.seq is null
     or v_verb not in ('finish', 'continue', 'spawn')
     or v_verb <> 'finish' and v_was.activation >= v_was.max_activations
     or v_verb = 'spawn' and (
       v_counted > v_was.max_children or v_was.depth >= v_was.max_depth or v_was.nodes + v_counted > v_was.max_nodes
       or v_children = 0 or 1 <> all (child_of)
       or exists (select from unnest(child_actions) c where not exists (select from pgswarm.action a where a.action_id = c)))
  then
    return query select * from pgswarm.apply_acts(
      worker_id, swarm_ids, node_ids, epochs, verbs, reports, errors, handlers, states, delays_s, child_of, child_ids,
      child_actions, child_directives, child_args, child_priorities);
    return;
  end if;
  perform pgswarm.keep_long(reports, child_directives, '{}');
  v_at := greatest(v_was.at + interval '1 microsecond', pgswarm.clock());
  v_nodes := v_was.nodes;

  update pgswarm.node n
     set status = m.status, outcome = m.outcome, report = m.report, report_blob = m.report_blob, error = m.error,
         handler = m.handler, state = m.state, attempt = m.attempt, activation = m.activation, lease_owner = null,
         lease_expires_at = null, available_at = m.available_at, open_children = m.open_children, updated_at = v_at,
         terminated_at = m.terminated_at
    from pgswarm.moved(
      v_verb, v_verb, v_at, reports[1], errors[1], handlers[1], states[1], delays_s[1], v_children, v_was.max_activations,
      null, 'running', v_was.error, v_was.handler, v_was.state, v_was.attempt, v_was.activation, v_was.depth,
      v_was.available_at) m
   where n.ctid = v_was.row_at
  returning n.node_id, n.status, n.priority, n.available_at, n.activation, n.action, pgswarm.changed_frame(n) as frame
    into v_is;
  v_seq := v_was.seq + 1;
  insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
  values (v_swarm, v_seq, v_is.node_id, 'node.' || v_is.status, v_verb, v_actor, v_at, v_nodes, v_is.frame);

  if v_verb = 'spawn' and v_children > 1 then
    select s.new_seqs[1], s.new_nodes[1] into v_seq, v_nodes
      from pgswarm.spawn_children(
        array[row(1, 1, v_swarm, v_is.node_id, v_was.depth, v_is.priority, v_is.activation, v_at, v_children, v_counted)::pgswarm.spawner],
        array[v_seq], array[v_nodes], v_actor, child_of, child_ids, child_actions, child_directives, child_args,
        child_priorities) s;
    perform pgswarm.wake_lanes(swarm_ids, array[v_at]);
  elsif v_verb = 'spawn' then
    insert into pgswarm.node as n (
      swarm_id, node_id, parent_id, depth, action, action_version, directive, directive_blob, args, max_attempts, timeout_s,
      priority, available_at, spawn_round, created_at, updated_at)
    select v_swarm, coalesce(child_ids[1], pgswarm.new_id()), v_is.node_id, v_was.depth + 1, d.action_id, d.version,
           pgswarm.row_text(child_directives[1]), pgswarm.blob_of(child_directives[1]), coalesce(child_args[1], '{}'),
           d.max_attempts, d.timeout_s, least(greatest(coalesce(child_priorities[1], v_is.priority), 0), 2), v_at,
           v_is.activation, v_at, v_at
      from pgswarm.action d where d.action_id = child_actions[1]
    returning n.node_id, n.status, n.priority, n.available_at, n.action, pgswarm.created_frame(n) as frame
      into v_is;
    v_seq := v_seq + 1;
    v_nodes := v_nodes + v_counted;
    insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
    values (v_swarm, v_seq, v_is.node_id, 'node.created', 'spawn', v_actor, v_at, v_nodes, v_is.frame);
  elsif v_verb = 'finish' and v_was.parent_id is null then
    v_seq := (pgswarm.end_swarms(swarm_ids, swarm_ids, array[v_seq], array[v_at], array[v_nodes], v_actor))[1];
  elsif v_verb = 'finish' then
    update pgswarm.node n
       set open_children = n.open_children - 1,
           status = case when n.open_children = 1 then 'pending' else n.status end,
           available_at = case when n.open_children = 1 then v_at else n.available_at end,
           updated_at = v_at
     where n.swarm_id = v_swarm and n.node_id = v_was.parent_id and n.status = 'awaiting_children'
    returning n.node_id, n.status, n.priority, n.available_at, n.action, pgswarm.changed_frame(n) as frame
      into v_is;
    if v_is.status = 'pending' then
      v_seq := v_seq + 1;
      insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
      values (v_swarm, v_seq, v_is.node_id, 'node.pending', 'children_done', v_actor, v_at, v_nodes, v_is.frame);
    end if;
  end if;

  if v_is.status = 'pending' then  -- one node is ready now
    v_at := greatest(v_at + interval '1 microsecond', pgswarm.clock());
    if claim and v_is.available_at < v_at and (action_patterns is null or v_is.action like any (action_patterns)) then
      select l.has_messages into v_messages
        from pgswarm.lane l
       where l.swarm_id = v_swarm and not l.paused and l.deadline_at > v_at
         and not exists (select from pgswarm.lane o where o.claim_at <= v_at)
         and exists (select from pgswarm.worker w where w.worker_id = apply_act.worker_id and w.stopped_at is null and not w.draining);
    end if;
    if v_messages is not null then
      return next pgswarm.claim_one(
        worker_id, v_swarm, v_is.node_id, v_seq, v_nodes, v_at, v_is.available_at, v_messages, v_actor);
      v_seq := v_seq + 1;
    else
      insert into pgswarm.ready (swarm_id, priority, available_at, node_id, action)
      values (v_swarm, v_is.priority, v_is.available_at, v_is.node_id, v_is.action);
      perform pgswarm.wake_lanes(swarm_ids, array[v_is.available_at]);
    end if;
  end if;
  return next pgswarm.wrote(v_swarm, v_was.seq + 1, v_seq);
end
$$;
