-- The one place where the status of an existing node changes (a claim and the making of nodes apart): applies a batch of
-- acts, spawns, asks, wakes parents, ends swarms, appends the events. Set-based; an act is one index into the arrays.
--
-- Locks: the swarms' locks, ascending (waits); then rows of these swarms only, which nobody else writes without them.
-- Order of the events within one swarm: acts deepest first, creations parents first, wakes, questions, the swarm.
-- Plan-proof: a row is found by a lateral lookup (`offset 0` pins the nested loop) and written by ctid. One small statement a
-- step, and only the steps that are needed: for a batch of one, starting a large plan costs more than running it.
-- An act finds its node by status and epoch: running at its epoch; for `answer`, and for an `expire` without an epoch,
-- waiting_user; for `cancel`, anything that is not terminated. Not found: fenced, nothing is written.
create or replace function pgswarm.apply_acts(
  worker_id uuid, swarm_ids uuid[], node_ids uuid[], epochs integer[], verbs text[], reports text[], errors jsonb[],
  handlers text[], states jsonb[], delays_s double precision[],
  child_of integer[] default '{}', child_ids uuid[] default '{}', child_actions text[] default '{}',
  child_directives text[] default '{}', child_args jsonb[] default '{}', child_priorities smallint[] default '{}',
  question_of integer[] default '{}', question_ids uuid[] default '{}', questions jsonb[] default '{}',
  at timestamptz default null
) returns setof pgswarm.advanced
language plpgsql volatile
set enable_seqscan = off set enable_hashjoin = on set enable_mergejoin = off set enable_bitmapscan = off
set jit = off set plan_cache_mode = force_generic_plan set work_mem = '64MB' as $$
#variable_conflict use_column
declare
  v_swarms uuid[];
  v_seqs bigint[];
  v_ats timestamptz[];
  v_nodes integer[];
  v_max_depth integer[];
  v_max_activations integer[];
  v_over boolean[];
  v_refused text[];
  v_acts integer[];
  v_spawning integer[];
  v_asking integer[];
  v_parents uuid[];
  v_parents_of uuid[];
  v_ended uuid[];
  v_events pgswarm.happening[];
  v_ready pgswarm.ready[];
  v_made pgswarm.ready[];
  v_more_events pgswarm.happening[];
  v_more_ready pgswarm.ready[];
  v_actor text := pgswarm.current_actor();
  v_swarm uuid;
  v_at timestamptz;
begin
  if cardinality(apply_acts.node_ids) = 0 then
    return;
  end if;
  v_swarms := pgswarm.lock_swarms(apply_acts.swarm_ids);
  select array_agg(last.seq order by o), array_agg(last.nodes order by o),
         array_agg(coalesce(apply_acts.at, greatest(last.at + interval '1 microsecond', pgswarm.clock())) order by o),
         array_agg(s.max_depth order by o), array_agg(s.max_activations order by o)
    into v_seqs, v_nodes, v_ats, v_max_depth, v_max_activations
    from unnest(v_swarms) with ordinality u(swarm_id, o)
    left join lateral (select e.seq, e.at, e.nodes from pgswarm.event e
                        where e.swarm_id = u.swarm_id order by e.seq desc limit 1) last on true
    left join lateral (select w.max_depth, w.max_activations from pgswarm.swarm w
                        where w.swarm_id = u.swarm_id offset 0) s on true;
  if 'spawn' = any (apply_acts.verbs) then
    select array_agg(r.why order by o.act) into v_refused
      from generate_series(1, cardinality(apply_acts.verbs)) o(act)
      left join pgswarm.refused_spawns(apply_acts.swarm_ids, apply_acts.verbs, apply_acts.child_of, apply_acts.child_actions) r
        on r.act = o.act;
    if 'depth' = any (v_refused) then  -- a child counts: is there room for all of them?
      v_over := pgswarm.over_nodes(v_swarms, v_nodes, apply_acts.swarm_ids, apply_acts.child_of, apply_acts.child_actions);
    end if;
  end if;
  if 'ask' = any (apply_acts.verbs) then
    select array_agg(case when v.verb = 'ask' and v.act <> all (apply_acts.question_of) then 'no_questions' else v_refused[v.act] end
                     order by v.act)
      into v_refused from unnest(apply_acts.verbs) with ordinality v(verb, act);
  end if;
  perform pgswarm.keep_long(apply_acts.reports, apply_acts.child_directives, apply_acts.questions);

  with act as materialized (
    select i.act, f.row_at, b.i as lane_no, v_ats[b.i] as at, i.report, i.error, i.handler, i.state, i.delay_s, i.verb,
           f.attempt, f.activation, f.depth, f.status as was,
           pgswarm.settle_verb(i.verb, f.status, f.action, f.attempt, f.max_attempts, f.activation, f.depth,
                               v_max_activations[b.i], v_max_depth[b.i], v_refused[i.act], v_over[b.i]) as settled
      from unnest(apply_acts.swarm_ids, apply_acts.node_ids, apply_acts.epochs, apply_acts.verbs, apply_acts.reports,
                  apply_acts.errors, apply_acts.handlers, apply_acts.states, apply_acts.delays_s)
           with ordinality i(swarm_id, node_id, epoch, verb, report, error, handler, state, delay_s, act)
     cross join lateral (select array_position(v_swarms, i.swarm_id) as i) b
     cross join lateral (
       select n.ctid as row_at, n.status, n.action, n.attempt, n.max_attempts, n.activation, n.depth
         from pgswarm.node n
        where n.swarm_id = i.swarm_id and n.node_id = i.node_id
          and case
                when i.verb = 'cancel' then n.status <> 'terminated'
                when i.verb = 'answer' or i.verb = 'expire' and i.epoch is null then n.status = 'waiting_user'
                else n.status = 'running' and n.lease_epoch = i.epoch
              end
       offset 0) f
  ),
  tally as (select c.act, count(*)::integer as children from unnest(apply_acts.child_of) c(act) group by 1),
  moved as (
    update pgswarm.node n
       set status = case
             when a.settled in ('finish', 'fail', 'cancel') then 'terminated'
             when a.settled = 'spawn' then 'awaiting_children'
             when a.settled = 'ask' then 'waiting_user'
             else 'pending'
           end,
           outcome = case a.settled when 'finish' then 'succeeded' when 'fail' then 'failed' when 'cancel' then 'cancelled' end,
           report = case when a.settled in ('finish', 'fail') then pgswarm.row_text(a.report) else n.report end,
           report_blob = case when a.settled in ('finish', 'fail') then pgswarm.blob_of(a.report) else n.report_blob end,
           error = case
             when a.settled in ('finish', 'ask', 'spawn', 'continue') then null
             when a.settled in ('fail', 'retry')
             then pgswarm.settle_error(a.verb, a.settled, a.attempt, a.activation, a.depth,
                                       v_max_activations[a.lane_no], v_refused[a.act], a.error)
             -- how often in a row: a worker runs a node that was lost again and again apart from others (poison)
             when a.settled = 'expire' and a.was = 'running' then jsonb_build_object(
               'code', 'lost', 'losses', coalesce((n.error ->> 'losses')::integer, 0) + 1,
               'message', format('attempt %s ended without a result: the worker died or the time was up', n.attempt))
             else n.error
           end,
           handler = coalesce(a.handler, n.handler),
           state = coalesce(a.state, n.state),
           attempt = case
             when a.settled in ('ask', 'spawn', 'continue') then 0
             when a.settled = 'release' then greatest(n.attempt - 1, 0)
             else n.attempt
           end,
           -- released as if never claimed: the next claim runs the same activation and finds its model calls again
           activation = case when a.settled = 'release' and n.attempt = 1 then n.activation - 1 else n.activation end,
           lease_owner = null,
           lease_expires_at = null,
           available_at = case
             when a.settled in ('continue', 'retry', 'release') then a.at + coalesce(a.delay_s, 0) * interval '1 second'
             when a.settled in ('expire', 'answer') then a.at
             else n.available_at
           end,
           open_children = case when a.settled = 'spawn' then t.children else 0 end,
           updated_at = a.at,
           terminated_at = case when a.settled in ('finish', 'fail', 'cancel') then a.at end
      from act a
      left join tally t on t.act = a.act
     where n.ctid = a.row_at
    returning n.swarm_id, n.node_id, n.parent_id, n.depth, n.position, n.status, n.priority, n.available_at, n.action,
              a.act, a.settled, a.lane_no, pgswarm.changed_frame(n) as frame
  )
  select array_agg(m.act),
         array_agg(m.act) filter (where m.settled = 'spawn'),
         array_agg(m.act) filter (where m.settled = 'ask'),
         array_agg(m.swarm_id) filter (where m.status = 'terminated' and m.parent_id is not null),
         array_agg(m.parent_id) filter (where m.status = 'terminated' and m.parent_id is not null),
         array_agg(m.swarm_id) filter (where m.status = 'terminated' and m.parent_id is null),
         array_agg(row(m.lane_no, m.node_id, 'node.' || m.status, m.settled, 1, -m.depth, m.position, m.frame)::pgswarm.happening),
         array_agg(row(m.swarm_id, m.priority, m.available_at, m.node_id, m.action)::pgswarm.ready) filter (where m.status = 'pending')
    into v_acts, v_spawning, v_asking, v_parents_of, v_parents, v_ended, v_events, v_ready
    from moved m;

  if v_spawning is not null then
    with made as (
      insert into pgswarm.node as n (
        swarm_id, node_id, parent_id, depth, position, action, action_version, directive, directive_blob, args, max_attempts,
        timeout_s, priority, available_at, spawn_round, created_at, updated_at)
      select p.swarm_id, coalesce(c.node_id, pgswarm.new_id()), p.node_id, p.depth + 1,
             (row_number() over (partition by c.act order by c.o))::integer - 1, c.action, d.version,
             pgswarm.row_text(c.directive), pgswarm.blob_of(c.directive), coalesce(c.args, '{}'), d.max_attempts, d.timeout_s,
             coalesce(c.priority, p.priority), p.updated_at, p.activation, p.updated_at, p.updated_at
        from unnest(v_spawning) s(act)
       cross join lateral (select n.* from pgswarm.node n
                            where n.swarm_id = apply_acts.swarm_ids[s.act] and n.node_id = apply_acts.node_ids[s.act] offset 0) p
        join unnest(apply_acts.child_of, apply_acts.child_ids, apply_acts.child_actions, apply_acts.child_directives,
                    apply_acts.child_args, apply_acts.child_priorities)
             with ordinality c(act, node_id, action, directive, args, priority, o) on c.act = s.act
        join pgswarm.action d on d.action_id = c.action
      returning n.swarm_id, n.node_id, n.depth, n.position, n.priority, n.available_at, n.action, pgswarm.created_frame(n) as frame
    )
    select array_agg(row(array_position(v_swarms, m.swarm_id), m.node_id, 'node.created', 'spawn', 2, m.depth, m.position, m.frame)::pgswarm.happening),
           array_agg(row(m.swarm_id, m.priority, m.available_at, m.node_id, m.action)::pgswarm.ready)
      into v_more_events, v_more_ready
      from made m;
    v_events := v_events || v_more_events;
    v_ready := v_ready || v_more_ready;
    v_made := v_more_ready;
  end if;

  if v_parents is not null then
    with woken as (
      update pgswarm.node p
         set open_children = p.open_children - f.ended,
             status = case when p.open_children = f.ended then 'pending' else p.status end,
             available_at = case when p.open_children = f.ended then f.at else p.available_at end,
             updated_at = f.at
        from (select e.ended, v_ats[array_position(v_swarms, e.swarm_id)] as at, x.row_at
                from (select t.swarm_id, t.parent_id, count(*)::integer as ended
                        from unnest(v_parents_of, v_parents) t(swarm_id, parent_id) group by 1, 2) e
               cross join lateral (
                 select p.ctid as row_at
                   from pgswarm.node p
                  where p.swarm_id = e.swarm_id and p.node_id = e.parent_id and p.status = 'awaiting_children'
                 offset 0) x) f
       where p.ctid = f.row_at
      returning p.swarm_id, p.node_id, p.depth, p.position, p.status, p.priority, p.available_at, p.action,
                pgswarm.changed_frame(p) as frame
    )
    select array_agg(row(array_position(v_swarms, w.swarm_id), w.node_id, 'node.pending', 'children_done', 3, -w.depth, w.position, w.frame)::pgswarm.happening),
           array_agg(row(w.swarm_id, w.priority, w.available_at, w.node_id, w.action)::pgswarm.ready)
      into v_more_events, v_more_ready
      from woken w
     where w.status = 'pending';
    v_events := v_events || v_more_events;
    v_ready := v_ready || v_more_ready;
  end if;

  if v_asking is not null then
    with asked as (
      insert into pgswarm.question as k (
        swarm_id, question_id, node_id, activation, position, prompt, prompt_blob, schema, choices, default_answer, expires_at, asked_at)
      select p.swarm_id, coalesce(q.question_id, pgswarm.new_id()), p.node_id, p.activation,
             (row_number() over (partition by q.act order by q.o))::integer - 1,
             pgswarm.row_text(q.ask ->> 'prompt'), pgswarm.blob_of(q.ask ->> 'prompt'),
             nullif(q.ask -> 'schema', 'null'), nullif(q.ask -> 'choices', 'null'), nullif(q.ask -> 'default_answer', 'null'),
             p.updated_at + (q.ask ->> 'expires_in_s')::double precision * interval '1 second', p.updated_at
        from unnest(v_asking) s(act)
       cross join lateral (select n.* from pgswarm.node n
                            where n.swarm_id = apply_acts.swarm_ids[s.act] and n.node_id = apply_acts.node_ids[s.act] offset 0) p
        join unnest(apply_acts.question_of, apply_acts.question_ids, apply_acts.questions)
             with ordinality q(act, question_id, ask, o) on q.act = s.act
      returning k.swarm_id, k.node_id, k.position, pgswarm.question_frame(k) as frame
    )
    select array_agg(row(array_position(v_swarms, q.swarm_id), q.node_id, 'question.asked', 'ask', 4, 0, q.position, q.frame)::pgswarm.happening)
      into v_more_events
      from asked q;
    v_events := v_events || v_more_events;
  end if;

  if v_ended is not null then
    with ended as (
      update pgswarm.swarm s
         set status = 'terminated', paused_reason = null, outcome = r.outcome, report = r.report, report_blob = r.report_blob,
             terminated_at = r.terminated_at
        from unnest(v_ended) e(swarm_id)
       cross join lateral (select n.* from pgswarm.swarm w join pgswarm.node n on n.swarm_id = w.swarm_id and n.node_id = w.root_node_id
                            where w.swarm_id = e.swarm_id offset 0) r
       where s.swarm_id = e.swarm_id
      returning s.swarm_id, pgswarm.swarm_frame(s) as frame
    ),
    closed_lane as (delete from pgswarm.lane l using ended e where l.swarm_id = e.swarm_id)
    select array_agg(row(array_position(v_swarms, e.swarm_id), null, 'swarm.terminated', null, 5, 0, 0, e.frame)::pgswarm.happening)
      into v_more_events
      from ended e;
    v_events := v_events || v_more_events;
  end if;

  if v_ready is not null then
    insert into pgswarm.ready select * from unnest(v_ready);
    update pgswarm.lane l
       set head_at = least(l.head_at, j.at),
           head_id = case when j.at <= l.head_at then '00000000-0000-0000-0000-000000000000' else l.head_id end,
           next_at = case when j.at <= pgswarm.clock() then '-infinity' else least(l.next_at, j.at) end
      from (select s.at, x.row_at
              from (select r.swarm_id, min(r.available_at) as at from unnest(v_ready) r group by 1) s
             cross join lateral (
               select l.ctid as row_at
                 from pgswarm.lane l
                where l.swarm_id = s.swarm_id and (l.head_at >= s.at or l.next_at > s.at)
               offset 0) x) j
     where l.ctid = j.row_at;
  end if;

  if v_events is not null then
    return query
    with happened as (
      insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
      select v_swarms[h.lane_no],
             v_seqs[h.lane_no] + row_number() over (partition by h.lane_no order by h.step, h.x, h.y, h.node_id),
             h.node_id, h.kind, h.verb, v_actor, v_ats[h.lane_no],
             v_nodes[h.lane_no] + coalesce(b.births, 0), h.frame
        from unnest(v_events) h
        left join (select array_position(v_swarms, m.swarm_id) as lane_no, count(*)::integer as births
                     from unnest(v_made) m where m.action not like 'bench/%' group by 1) b on b.lane_no = h.lane_no
      returning swarm_id, seq
    )
    select (pgswarm.wrote(h.swarm_id, min(h.seq), max(h.seq))).* from happened h group by h.swarm_id;
  end if;

  if coalesce(cardinality(v_acts), 0) < cardinality(apply_acts.node_ids) then
    update pgswarm.worker w
       set fenced_writes = w.fenced_writes + cardinality(apply_acts.node_ids) - coalesce(cardinality(v_acts), 0)
     where w.worker_id = apply_acts.worker_id;
    return query
    select (pgswarm.was_fenced(i.swarm_id, i.node_id)).*
      from unnest(apply_acts.swarm_ids, apply_acts.node_ids) with ordinality i(swarm_id, node_id, act)
     where i.act <> all (coalesce(v_acts, '{}'));
  end if;

  if true = any (v_over) then  -- spawns that would have passed a swarm's limit of nodes were released: it stops here
    for v_swarm, v_at in
      select u.swarm_id, u.at
        from unnest(v_swarms, v_seqs, v_over, v_ats) u(swarm_id, seq, over, at)
       where u.over
         and exists (select from pgswarm.event e where e.swarm_id = u.swarm_id and e.seq > u.seq and e.verb = 'release')
    loop
      return query select * from pgswarm.exceed_budget(v_swarm, 'nodes', v_at);
    end loop;
  end if;
end
$$;
