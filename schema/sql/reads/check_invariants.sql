-- What must hold at every moment (reliability: invariants 1 to 10). No row = all hold. Reads one snapshot; takes no lock.
create or replace function pgswarm.check_invariants(swarm_id uuid default null)
returns table (rule text, swarm_id uuid, node_id uuid, detail text)
language sql stable security definer
set search_path = pgswarm, pg_temp set enable_nestloop = off set enable_mergejoin = off set work_mem = '64MB' set jit = off as $$
  with s as materialized (
    select * from pgswarm.swarm s where check_invariants.swarm_id is null or s.swarm_id = check_invariants.swarm_id
  ),
  n as materialized (
    select n.* from pgswarm.node n where check_invariants.swarm_id is null or n.swarm_id = check_invariants.swarm_id
  ),
  e as materialized (
    select e.* from pgswarm.event e where check_invariants.swarm_id is null or e.swarm_id = check_invariants.swarm_id
  ),
  living as materialized (
    select n.swarm_id, n.parent_id, count(*) as alive from n where n.parent_id is not null and n.status <> 'terminated' group by 1, 2
  ),
  open_question as materialized (
    select q.swarm_id, q.node_id, count(*) as open from pgswarm.question q where q.closed_at is null group by 1, 2
  ),
  held as materialized (select distinct c.worker_id, h.node_id from pgswarm.claim c cross join lateral unnest(c.node_ids) h(node_id)),
  tally as materialized (
    select n.swarm_id, count(*) filter (where n.action not like 'bench/%') as counted,
           count(*) filter (where n.status in ('pending', 'running')) as going
      from n group by 1
  ),
  told as materialized (
    select e.swarm_id, count(*) as n, min(e.seq) as first, max(e.seq) as last,
           count(*) filter (where e.kind = 'swarm.terminated') as ends,
           max(e.seq) filter (where e.kind = 'swarm.terminated') as ended_at_seq,
           (array_agg(e.nodes order by e.seq desc))[1] as nodes
      from e group by 1
  ),
  moves as (
    select e.swarm_id, e.node_id, e.seq, e.kind, e.verb,
           coalesce(e.data ->> 'status', '') as status,
           lag(e.data ->> 'status') over w as before,
           (e.data ->> 'lease_epoch')::integer as epoch,
           lag((e.data ->> 'lease_epoch')::integer) over w as epoch_before
      from e
     where e.node_id is not null and e.kind like 'node.%'
    window w as (partition by e.swarm_id, e.node_id order by e.seq)
  ),
  folded as (
    select f.*
      from (select distinct on (e.swarm_id, e.node_id) e.swarm_id, e.node_id, e.data
              from e where e.kind = 'node.created' order by e.swarm_id, e.node_id, e.seq) made
      left join (select distinct on (e.swarm_id, e.node_id) e.swarm_id, e.node_id, e.data
                   from e where e.kind like 'node.%' and e.kind <> 'node.created'
                  order by e.swarm_id, e.node_id, e.seq desc) last using (swarm_id, node_id)
     cross join lateral jsonb_populate_record(null::pgswarm.node, made.data || coalesce(last.data, '{}')) f
  )
  -- 0: the swarm that is asked for is known (PS404 else)
  select 'swarm_is_known', check_invariants.swarm_id, null::uuid, 'not known'
   where check_invariants.swarm_id is not null and pgswarm.swarm_status(check_invariants.swarm_id) is null
  union all
  -- 1: an active swarm has something that can go on
  select 'swarm_can_go_on', s.swarm_id, null::uuid, 'active, but no node is runnable, running or waiting for something'
    from s
   where s.status = 'active'
     and not exists (select from tally t where t.swarm_id = s.swarm_id and t.going > 0)
     and not exists (select from open_question q where q.swarm_id = s.swarm_id)
  union all
  select 'waiting_has_open_question', n.swarm_id, n.node_id, 'waiting_user without an open question'
    from n
   where n.status = 'waiting_user'
     and not exists (select from open_question q where q.node_id = n.node_id)
  union all
  select 'terminated_swarm_is_over', s.swarm_id, n.node_id, 'the swarm has terminated, this node is ' || n.status
    from s join n on n.swarm_id = s.swarm_id
   where s.status = 'terminated' and n.status <> 'terminated'
  union all
  select 'outcome_is_the_roots', s.swarm_id, n.node_id, format('swarm %s, root %s', s.outcome, n.outcome)
    from s join n on n.swarm_id = s.swarm_id and n.node_id = s.root_node_id
   where (s.status = 'terminated') <> (n.status = 'terminated')
      or s.outcome is distinct from n.outcome or s.report is distinct from n.report
  -- 2: only legal moves, terminated is last
  union all
  select 'legal_moves', m.swarm_id, m.node_id, format('seq %s: %s -> %s by %s', m.seq, coalesce(m.before, '(new)'), m.status, m.verb)
    from moves m
   where case
           when m.kind = 'node.created' then m.before is not null
           when m.verb = 'change_directive' then m.before <> m.status or m.status in ('running', 'terminated') or m.kind <> 'node.' || m.status
           else m.before is null or m.verb is null
                or (m.before, m.verb, m.status) not in (select l.status_from, l.verb, l.status_to from pgswarm.legal_move l)
                or m.kind <> 'node.' || m.status
         end
  -- 3: epochs only rise, a running node has a worker that knows of it
  union all
  select 'epochs_rise', m.swarm_id, m.node_id, format('seq %s: epoch %s after %s', m.seq, m.epoch, m.epoch_before)
    from moves m
   where m.epoch < m.epoch_before or m.verb = 'claim' and m.epoch <> m.epoch_before + 1
  union all
  select 'running_is_held', n.swarm_id, n.node_id, 'running, but under no claim of its worker'
    from n
   where n.status = 'running'
     and not exists (select from held h where h.worker_id = n.lease_owner and h.node_id = n.node_id)
  -- 4: seq without a gap, time never back
  union all
  select 'seq_has_no_gap', g.swarm_id, null, format('%s events from seq %s to %s', g.n, g.first, g.last)
    from told g
    join s on s.swarm_id = g.swarm_id
   where g.first <> s.history_from_seq or g.last - g.first + 1 <> g.n
  union all
  select 'time_never_runs_back', t.swarm_id, null, format('seq %s at %s, the one before at %s', t.seq, t.at, t.before)
    from (select e.swarm_id, e.seq, e.at, lag(e.at) over (partition by e.swarm_id order by e.seq) as before from e) t
   where t.at < t.before
  union all
  select 'swarm_terminated_is_last', t.swarm_id, null, format('seq %s comes after the end', t.last)
    from told t where t.last > t.ended_at_seq
  union all
  select 'swarm_terminated_is_told', s.swarm_id, null, format('%s events tell the end', coalesce(t.ends, 0))
    from s left join told t on t.swarm_id = s.swarm_id
   where coalesce(t.ends, 0) <> (s.status = 'terminated')::integer
  -- 5: a parent wakes once for each set of children, after all of them
  union all
  select 'children_end_first', c.swarm_id, c.node_id, format('%s, but its parent has terminated', c.status)
    from n c join n p on p.swarm_id = c.swarm_id and p.node_id = c.parent_id
   where p.status = 'terminated' and (c.status <> 'terminated' or c.terminated_at > p.terminated_at)
  union all
  select 'parent_wakes_once', w.swarm_id, w.node_id, format('%s sets of children, %s wake-ups', w.sets, w.wakes)
    from (select m.swarm_id, m.node_id, count(*) filter (where m.verb = 'spawn' and m.kind = 'node.awaiting_children') as sets,
                 count(*) filter (where m.verb = 'children_done') as wakes
            from moves m group by 1, 2) w
    join n on n.swarm_id = w.swarm_id and n.node_id = w.node_id
    join s on s.swarm_id = w.swarm_id and s.forked_from is null
   where case
           when n.status = 'awaiting_children' then w.wakes <> w.sets - 1
           when n.outcome = 'cancelled' then w.wakes not in (w.sets, w.sets - 1)
           else w.wakes <> w.sets
         end
  -- 6: an answer is consumed once
  union all
  select 'one_answer', e.swarm_id, e.node_id, format('question %s was answered %s times', e.data ->> 'question_id', count(*))
    from e where e.kind in ('question.answered', 'question.expired', 'question.closed')
   group by e.swarm_id, e.node_id, e.data ->> 'question_id'
  having count(*) > 1
  -- 7: spend within the budget
  union all
  select 'spend_within_budget', s.swarm_id, null, b.detail
    from s
   cross join lateral (values
     (s.spent_llm_calls > s.max_llm_calls, format('%s llm_calls of %s', s.spent_llm_calls, s.max_llm_calls)),
     (s.spent_input_tokens + s.spent_output_tokens > s.max_tokens,
      format('%s tokens of %s', s.spent_input_tokens + s.spent_output_tokens, s.max_tokens)),
     (s.spent_cost_usd > s.max_cost_usd, format('%s USD of %s', s.spent_cost_usd, s.max_cost_usd)),
     (s.reserved_tokens < 0 or s.reserved_cost_usd < 0, 'a reservation was given back twice')) b(broken, detail)
   where b.broken
  union all
  select 'nodes_within_budget', s.swarm_id, null, format('%s nodes of %s', k.counted, s.max_nodes)
    from s join tally k on k.swarm_id = s.swarm_id
   where k.counted > s.max_nodes
  union all
  select 'node_count_is_right', s.swarm_id, null, format('%s nodes that count, the last event says %s', k.counted, t.nodes)
    from s left join tally k on k.swarm_id = s.swarm_id left join told t on t.swarm_id = s.swarm_id
   where k.counted is distinct from t.nodes
  -- 9: folding the events gives the rows
  union all
  select 'fold_gives_the_row', n.swarm_id, n.node_id,
         coalesce((select string_agg(k.key || ': row ' || coalesce(k.value, 'null') || ', events ' || coalesce(j.value, 'null'), '; ')
            from jsonb_each_text(pgswarm.fold_view(n::pgswarm.node)) k
            join jsonb_each_text(pgswarm.fold_view(f::pgswarm.node)) j using (key)
           where k.value is distinct from j.value), 'no event made it')
    from n left join folded f on f.swarm_id = n.swarm_id and f.node_id = n.node_id
   where f.node_id is null or pgswarm.fold_view(n::pgswarm.node) is distinct from pgswarm.fold_view(f::pgswarm.node)
  -- 10: claimable exactly when pending; open_children are the living children
  union all
  select 'pending_is_ready', coalesce(n.swarm_id, r.swarm_id), coalesce(n.node_id, r.node_id),
         case when r.node_id is null then 'pending, but not on the ready list' else 'on the ready list, but ' || coalesce(n.status, 'gone') end
    from (select * from n where n.status = 'pending') p
    full join (select * from pgswarm.ready r
                where check_invariants.swarm_id is null or r.swarm_id = check_invariants.swarm_id) r
      on r.swarm_id = p.swarm_id and r.node_id = p.node_id and r.priority = p.priority and r.available_at = p.available_at
    left join n on n.swarm_id = coalesce(p.swarm_id, r.swarm_id) and n.node_id = coalesce(p.node_id, r.node_id)
   where p.node_id is null or r.node_id is null
  union all
  select 'ready_is_in_a_lane', r.swarm_id, r.node_id, 'no lane will come to it: ' || coalesce(format('head %s, next %s', l.head_at, l.next_at), 'no lane')
    from pgswarm.ready r left join pgswarm.lane l on l.swarm_id = r.swarm_id
   where (check_invariants.swarm_id is null or r.swarm_id = check_invariants.swarm_id)
     and (l.swarm_id is null or (r.available_at, r.node_id) < (l.head_at, l.head_id) or l.next_at > r.available_at)
  union all
  select 'lane_is_paused_with_its_swarm', s.swarm_id, null, format('swarm %s, lane paused: %s', s.status, coalesce(l.paused::text, 'no lane'))
    from s left join pgswarm.lane l on l.swarm_id = s.swarm_id
   where case s.status when 'terminated' then l.swarm_id is not null else l.paused is distinct from (s.status = 'paused') end
  union all
  select 'open_children_are_alive', p.swarm_id, p.node_id, format('open_children %s, %s live', p.open_children, coalesce(k.alive, 0))
    from n p left join living k on k.swarm_id = p.swarm_id and k.parent_id = p.node_id
   where p.open_children <> coalesce(k.alive, 0)
$$;
