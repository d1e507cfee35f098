-- Starts a swarm: one root node works `goal` with `action`. The same key from the same owner with the same arguments gives
-- the same id again; with others it is refused. May be called inside the application's own transaction.
create or replace function pgswarm.start_swarm(
  goal text, action text default 'swarm/route_action', args jsonb default '{}', owner uuid default null,
  idempotency_key text default null, options jsonb default '{}'
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_action pgswarm.action;
  v_swarm pgswarm.swarm;
  v_root pgswarm.node;
  v_args jsonb := coalesce(start_swarm.args, '{}');
  v_options jsonb := coalesce(start_swarm.options, '{}');
  v_owner uuid := pgswarm.owner_for(start_swarm.owner);
  v_blueprint pgswarm.blueprint;
  v_hash text;
  v_at timestamptz;
begin
  if goal is null or btrim(goal, E' \t\r\n') = '' then
    raise exception 'goal is empty' using errcode = 'PS422', detail = 'goal', hint = 'say what is to be done';
  end if;
  if octet_length(goal) > 100000 then
    raise exception 'goal is % bytes long, the limit is 100000', octet_length(goal)
      using errcode = 'PS422', detail = 'goal', hint = 'say the goal in short and attach the text as a file';
  end if;
  v_blueprint := pgswarm.blueprint_of(v_options, v_owner);
  v_action := pgswarm.startable_action(start_swarm.action, v_blueprint, v_owner);
  if jsonb_typeof(v_args) <> 'object' then
    raise exception 'args must be an object, not %', jsonb_typeof(v_args)
      using errcode = 'PS422', detail = 'args', hint = 'give a JSON object';
  end if;
  perform pgswarm.check_value('args', v_action.input_schema, v_args);
  v_hash := encode(sha256(convert_to(jsonb_build_array(goal, start_swarm.action, v_args, v_options)::text, 'UTF8')), 'hex');

  v_swarm := pgswarm.swarm_from_options(pgswarm.with_blueprint(v_options, v_blueprint));
  v_swarm.swarm_id := pgswarm.new_id();
  perform pgswarm.lock_swarms(array_remove(
    array[v_swarm.swarm_id, case when v_blueprint.used_at is null then v_blueprint.blueprint_id end], null));
  v_at := pgswarm.clock();
  v_swarm.owner_id := v_owner;
  v_swarm.goal := pgswarm.row_text(goal);
  v_swarm.goal_blob := pgswarm.blob_of(goal);
  v_swarm.blueprint_id := v_blueprint.blueprint_id;
  v_swarm.conversation_id := (v_options ->> 'conversation_id')::uuid;
  v_swarm.root_node_id := pgswarm.new_id();
  v_swarm.idempotency_key := start_swarm.idempotency_key;
  v_swarm.request_hash := v_hash;
  v_swarm.created_at := v_at;
  insert into pgswarm.swarm select v_swarm.* on conflict do nothing;
  if not found then  -- only the key can be taken
    select * into v_swarm from pgswarm.swarm s
     where s.owner_id is not distinct from v_owner and s.idempotency_key = start_swarm.idempotency_key;
    if v_swarm.request_hash is distinct from v_hash then
      raise exception 'idempotency_key % was used to start another swarm', start_swarm.idempotency_key
        using errcode = 'PS409', detail = 'idempotency_key', hint = 'use a new key for a new request';
    end if;
    return v_swarm.swarm_id;
  end if;

  if v_swarm.conversation_id is not null then
    perform pgswarm.join_conversation(v_swarm.conversation_id, v_swarm.owner_id, goal, v_at);
  end if;
  perform pgswarm.use_blueprint(v_blueprint);
  perform pgswarm.keep_texts(array[goal]);
  insert into pgswarm.node as n (
    swarm_id, node_id, action, action_version, directive, directive_blob, args, max_attempts, timeout_s, priority,
    available_at, created_at, updated_at)
  values (
    v_swarm.swarm_id, v_swarm.root_node_id, v_action.action_id, v_action.version, pgswarm.row_text(goal),
    pgswarm.blob_of(goal), v_args, v_action.max_attempts, v_action.timeout_s, v_swarm.priority, v_at, v_at, v_at)
  returning n.* into v_root;
  insert into pgswarm.ready (swarm_id, priority, available_at, node_id, action)
  values (v_root.swarm_id, v_root.priority, v_root.available_at, v_root.node_id, v_root.action);
  insert into pgswarm.lane (swarm_id, share, deadline_at, has_messages, head_at, next_at)
  values (v_swarm.swarm_id, v_swarm.share, v_at + v_swarm.max_duration_s * interval '1 second',
          pgswarm.is_supervised(v_swarm.options), v_at, '-infinity');
  insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
  values
    (v_swarm.swarm_id, 1, null, 'swarm.created', null, pgswarm.current_actor(), v_at, 0, pgswarm.swarm_frame(v_swarm)),
    (v_swarm.swarm_id, 2, v_root.node_id, 'node.created', 'spawn', pgswarm.current_actor(), v_at,
     (v_root.action not like 'bench/%')::integer,
     pgswarm.created_frame(v_root));
  perform pgswarm.notify_events(v_swarm.swarm_id, 1, 2);
  perform pgswarm.attach_uploads(v_swarm.swarm_id, pgswarm.ids_in(v_options -> 'files'), v_at);
  perform pgswarm.notify_work();
  return v_swarm.swarm_id;
end
$$;
