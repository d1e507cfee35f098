-- The one place where the status of an existing node changes (a claim and the making of nodes apart): applies a batch of
-- acts, makes children and questions, wakes parents, ends swarms, appends the events. Set-based; an act is one index into the
-- arrays. `apply_act` does the same for one act alone, faster.
--
-- Locks: the swarms' locks, ascending (waits); then rows of these swarms only, which nobody else writes without them.
-- Order of the events within one swarm: acts deepest first, creations parents first, wakes, questions, the swarm.
-- Plan-proof: a row is found by a lateral lookup (`offset 0` pins the nested loop) and written by ctid. One small statement a
-- step, and only the steps that are needed: for a small batch, starting a large plan costs more than running it.
-- An act finds its node by status and epoch: running at its epoch; for `answer`, and for an `expire` without an epoch,
-- waiting_user; for `cancel`, anything that is not terminated. Not found: fenced, nothing is written.
-- The swarms of the batch go by their place in the lock order (`lane_no`), and so do the counters: newest seq, moment, nodes.
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
  v_first_seqs bigint[];
  v_seqs bigint[];
  v_ats timestamptz[];
  v_nodes integer[];
  v_max_depth integer[];
  v_max_activations integer[];
  v_over boolean[];
  v_children integer[];
  v_counted integer[];
  v_refused text[];
  v_acts integer[];
  v_lanes integer[];
  v_spawners pgswarm.spawner[];
  v_asking integer[];
  v_parents uuid[];
  v_parents_of uuid[];
  v_ended uuid[];
  v_ready pgswarm.ready[];
  v_due_in uuid[];
  v_due_ats timestamptz[];
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
  v_first_seqs := v_seqs;
  if 'spawn' = any (apply_acts.verbs) then
    select w.children, w.counted, w.refused into v_children, v_counted, v_refused
      from pgswarm.wanted_spawns(apply_acts.swarm_ids, apply_acts.verbs, apply_acts.child_of, apply_acts.child_actions) w;
    if 'depth' = any (v_refused) then  -- a child counts: is there room for all of them?
      v_over := pgswarm.over_nodes(v_swarms, v_nodes, apply_acts.swarm_ids, apply_acts.verbs, v_counted);
      if true = any (v_over) then  -- again, without the children that a fenced or failing spawn will not make
        v_over := pgswarm.over_nodes(v_swarms, v_nodes, apply_acts.swarm_ids, apply_acts.verbs, pgswarm.lasting_spawns(
          apply_acts.swarm_ids, apply_acts.node_ids, apply_acts.epochs, v_refused, v_counted));
      end if;
    end if;
  end if;
  if 'ask' = any (apply_acts.verbs) then
    select array_agg(case when v.verb = 'ask' and v.act <> all (apply_acts.question_of) then 'no_questions' else v_refused[v.act] end
                     order by v.act)
      into v_refused from unnest(apply_acts.verbs) with ordinality v(verb, act);
  end if;
  perform pgswarm.keep_long(apply_acts.reports, apply_acts.child_directives, apply_acts.questions);

  with found as materialized (
    select i.act, b.i as lane_no, i.verb, i.report, i.error, i.handler, i.state, i.delay_s, f.*,
           row_number() over (partition by b.i order by f.depth desc, f.position, i.node_id) as rank,
           pgswarm.settle_verb(i.verb, f.status, f.action, f.attempt, f.max_attempts, f.activation, f.depth,
                               v_max_activations[b.i], v_max_depth[b.i], v_refused[i.act], v_over[b.i]) as settled
      from unnest(apply_acts.swarm_ids, apply_acts.node_ids, apply_acts.epochs, apply_acts.verbs, apply_acts.reports,
                  apply_acts.errors, apply_acts.handlers, apply_acts.states, apply_acts.delays_s)
           with ordinality i(swarm_id, node_id, epoch, verb, report, error, handler, state, delay_s, act)
     cross join lateral (select array_position(v_swarms, i.swarm_id) as i) b
     cross join lateral (
       select n.ctid as row_at, n.status, n.action, n.attempt, n.max_attempts, n.activation, n.depth, n.position,
              n.error as was_error, n.handler as was_handler, n.state as was_state, n.available_at
         from pgswarm.node n
        where n.swarm_id = i.swarm_id and n.node_id = i.node_id
          and case
                when i.verb = 'cancel' then n.status <> 'terminated'
                when i.verb = 'answer' or i.verb = 'expire' and i.epoch is null then n.status = 'waiting_user'
                else n.status = 'running' and n.lease_epoch = i.epoch
              end
       offset 0) f
  ),
  moved as (
    update pgswarm.node n
       set status = a.status, outcome = a.outcome, report = a.report, report_blob = a.report_blob, error = a.error,
           handler = a.handler, state = a.state, attempt = a.attempt, activation = a.activation, lease_owner = null,
           lease_expires_at = null, available_at = a.available_at, open_children = a.open_children, updated_at = v_ats[a.lane_no],
           terminated_at = a.terminated_at
      from (select f.row_at, f.act, f.lane_no, f.settled, f.rank, m.*
              from found f
             cross join lateral pgswarm.moved(
               f.verb, f.settled, v_ats[f.lane_no], f.report, f.error, f.handler, f.state, f.delay_s, v_children[f.act],
               v_max_activations[f.lane_no], v_refused[f.act], f.status, f.was_error, f.was_handler, f.was_state, f.attempt,
               f.activation, f.depth, f.available_at) m) a
     where n.ctid = a.row_at
    returning n.swarm_id, n.node_id, n.parent_id, n.depth, n.status, n.priority, n.available_at, n.activation, n.action,
              a.act, a.settled, a.lane_no, a.rank, pgswarm.changed_frame(n) as frame
  ),
  happened as (
    insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
    select m.swarm_id, v_seqs[m.lane_no] + m.rank, m.node_id, 'node.' || m.status, m.settled, v_actor, v_ats[m.lane_no],
           v_nodes[m.lane_no], m.frame
      from moved m
  )
  select array_agg(m.act), array_agg(m.lane_no),
         array_agg(row(m.act, m.lane_no, m.swarm_id, m.node_id, m.depth, m.priority, m.activation, v_ats[m.lane_no],
                       v_children[m.act], v_counted[m.act])::pgswarm.spawner) filter (where m.settled = 'spawn'),
         array_agg(m.act) filter (where m.settled = 'ask'),
         array_agg(m.swarm_id) filter (where m.status = 'terminated' and m.parent_id is not null),
         array_agg(m.parent_id) filter (where m.status = 'terminated' and m.parent_id is not null),
         array_agg(m.swarm_id) filter (where m.status = 'terminated' and m.parent_id is null),
         array_agg(row(m.swarm_id, m.priority, m.available_at, m.node_id, m.action)::pgswarm.ready) filter (where m.status = 'pending')
    into v_acts, v_lanes, v_spawners, v_asking, v_parents_of, v_parents, v_ended, v_ready
    from moved m;
  v_seqs := pgswarm.counted_on(v_seqs, v_lanes);

  if v_ready is not null then
    insert into pgswarm.ready select * from unnest(v_ready);
    select array_agg(r.swarm_id), array_agg(r.available_at) into v_due_in, v_due_ats from unnest(v_ready) r;
  end if;
  if v_spawners is not null then
    select s.new_seqs, s.new_nodes into v_seqs, v_nodes
      from pgswarm.spawn_children(
        v_spawners, v_seqs, v_nodes, v_actor, apply_acts.child_of, apply_acts.child_ids, apply_acts.child_actions,
        apply_acts.child_directives, apply_acts.child_args, apply_acts.child_priorities) s;
    select v_due_in || array_agg(s.swarm_id), v_due_ats || array_agg(s.at) into v_due_in, v_due_ats from unnest(v_spawners) s;
  end if;
  if v_parents is not null then
    select w.new_seqs, v_due_in || w.woken_in, v_due_ats || w.woken_at into v_seqs, v_due_in, v_due_ats
      from pgswarm.wake_parents(v_parents_of, v_parents, v_swarms, v_seqs, v_ats, v_nodes, v_actor) w;
  end if;
  if v_asking is not null then
    v_seqs := pgswarm.ask_questions(
      v_asking, apply_acts.swarm_ids, apply_acts.node_ids, apply_acts.question_of, apply_acts.question_ids, apply_acts.questions,
      v_swarms, v_seqs, v_nodes, v_actor);
  end if;
  if v_ended is not null then
    v_seqs := pgswarm.end_swarms(v_ended, v_swarms, v_seqs, v_ats, v_nodes, v_actor);
  end if;
  if v_due_in is not null then
    perform pgswarm.wake_lanes(v_due_in, v_due_ats);
  end if;

  for i in 1 .. cardinality(v_swarms) loop
    if v_seqs[i] > v_first_seqs[i] then
      return next pgswarm.wrote(v_swarms[i], v_first_seqs[i] + 1, v_seqs[i]);
    end if;
  end loop;

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
        from unnest(v_swarms, v_first_seqs, v_over, v_ats) u(swarm_id, seq, over, at)
       where u.over
         and exists (select from pgswarm.event e where e.swarm_id = u.swarm_id and e.seq > u.seq and e.verb = 'release')
    loop
      return query select * from pgswarm.exceed_budget(v_swarm, 'nodes', v_at);
    end loop;
  end if;
end
$$;
