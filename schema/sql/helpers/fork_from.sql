-- What `fork_swarm` does and, with `redo`, what `rerun_action` does: then these nodes begin anew, what waits for them waits again,
-- and all else is as it was (see `fork_state`). `redo_version`: of which version of their action they are.
create or replace function pgswarm.fork_from(
  swarm_id uuid, at_seq bigint, redo uuid[] default null, redo_version integer default null
) returns uuid
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_fork uuid := pgswarm.new_id();
  v_moment record;
  v_swarm pgswarm.swarm;
  v_at timestamptz;
  v_seq bigint;
  v_nodes integer;
begin
  select * into v_moment from pgswarm.fork_moment(fork_from.swarm_id, fork_from.at_seq);
  perform pgswarm.lock_swarms(array[v_fork]);  -- nobody knows it: never waited for
  v_at := pgswarm.clock();
  v_swarm := pgswarm.fork_swarm_row(fork_from.swarm_id, v_fork, v_moment.to_seq, v_moment.before, v_at);
  if redo is not null and v_swarm.status = 'terminated' then  -- its root goes on; what somebody has paused stays so
    v_swarm.status := 'active';
    v_swarm.outcome := null;
    v_swarm.report := null;
    v_swarm.report_blob := null;
    v_swarm.terminated_at := null;
  end if;
  insert into pgswarm.swarm select v_swarm.*;

  with old as materialized (select * from pgswarm.fork_state(fork_from.swarm_id, v_moment.to_seq, redo, redo_version)),
  living as (
    select o.parent_id, count(*)::integer as alive from old o where o.status <> 'terminated' and o.parent_id is not null group by 1
  ),
  again as (  -- its handler was under way, or had failed and waits to be tried again
    select o.node_id, o.activation from old o where o.status in ('pending', 'running') and o.attempt > 0
  ),
  made as (
    insert into pgswarm.node as n
    select r.*
      from old o
      left join living l on l.parent_id = o.node_id
     cross join lateral jsonb_populate_record(o::pgswarm.node, jsonb_build_object(
       'swarm_id', v_fork, 'node_id', pgswarm.fork_id(v_fork, o.node_id), 'parent_id', pgswarm.fork_id(v_fork, o.parent_id),
       'retry_of', pgswarm.fork_id(v_fork, o.retry_of), 'copied_from', o.node_id,
       'args', case when o.args = '{}' then o.args else pgswarm.with_fork_ids(o.args, fork_from.swarm_id, v_fork) end,
       'state', pgswarm.with_fork_ids(o.state, fork_from.swarm_id, v_fork),
       'status', case o.status when 'running' then 'pending' else o.status end,
       'attempt', 0, 'lease_owner', null, 'lease_expires_at', null,
       'open_children', case o.status when 'awaiting_children' then coalesce(l.alive, 0) else 0 end, 'updated_at', v_at)) r
    returning n.swarm_id, n.node_id, n.depth, n.spawn_round, n.position, n.created_at, n.status, n.priority, n.available_at,
              n.action, pgswarm.created_frame(n) as frame
  ),
  claimable as (
    insert into pgswarm.ready (swarm_id, priority, available_at, node_id, action)
    select m.swarm_id, m.priority, m.available_at, m.node_id, m.action from made m where m.status = 'pending'
  ),
  called as (
    insert into pgswarm.llm_call (
      swarm_id, node_id, activation, call_no, request_hash, model, input_tokens, output_tokens, cost_usd, lost_tokens,
      lost_cost_usd, sends, started_at, finished_at, prompt, source_swarm_id, source_node_id, source_activation)
    select v_fork, pgswarm.fork_id(v_fork, c.node_id), c.activation + (a.node_id is not null)::integer, c.call_no, c.request_hash,
           c.model, c.input_tokens, c.output_tokens, c.cost_usd, c.lost_tokens, c.lost_cost_usd, c.sends, c.started_at,
           c.finished_at, c.prompt, case when c.memo then c.swarm_id else coalesce(c.source_swarm_id, c.swarm_id) end,
           case when c.memo then c.node_id else coalesce(c.source_node_id, c.node_id) end,
           case when c.memo then c.activation else coalesce(c.source_activation, c.activation) end
      from pgswarm.llm_call c
      left join again a on a.node_id = c.node_id and a.activation = c.activation
     where c.swarm_id = fork_from.swarm_id and c.finished_at < v_moment.before
       and (redo is null or exists (select from old o where o.node_id = c.node_id and c.activation <= o.activation))
  ),
  affected as (  -- done by now counts as done: nobody need be asked what is known
    insert into pgswarm.effect (swarm_id, node_id, key, state, lease_epoch, result, started_at, finished_at)
    select v_fork, pgswarm.fork_id(v_fork, f.node_id), f.key, case f.state when 'done' then 'done' else 'ambiguous' end,
           f.lease_epoch, f.result, f.started_at, f.finished_at
      from pgswarm.effect f
     where f.swarm_id = fork_from.swarm_id and f.started_at < v_moment.before
       and (redo is null or exists (select from old o where o.node_id = f.node_id and f.node_id <> all (redo)))
  ),
  changed as (
    insert into pgswarm.workspace_change (swarm_id, node_id, activation, change_no, request_hash, result, finished_at)
    select v_fork, pgswarm.fork_id(v_fork, c.node_id), c.activation + (a.node_id is not null)::integer, c.change_no,
           c.request_hash, c.result, c.finished_at
      from pgswarm.workspace_change c
      left join again a on a.node_id = c.node_id and a.activation = c.activation
     where c.swarm_id = fork_from.swarm_id and c.finished_at < v_moment.before
       and (redo is null or exists (select from old o where o.node_id = c.node_id and c.activation <= o.activation))
  ),
  told as (
    insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
    select v_fork, m.seq, m.node_id, 'node.created', 'spawn', pgswarm.current_actor(), v_at, m.nodes, m.frame
      from (select 1 + row_number() over w as seq, m.node_id, m.frame,
                   count(*) filter (where m.action not like 'bench/%') over w as nodes
              from made m
            window w as (order by m.depth, m.spawn_round, m.position, m.created_at, m.node_id
                         rows between unbounded preceding and current row)) m
    returning seq, nodes
  )
  select max(t.seq), max(t.nodes) into v_seq, v_nodes from told t;

  insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
  values (v_fork, 1, null, 'swarm.created', null, pgswarm.current_actor(), v_at, 0, pgswarm.swarm_frame(v_swarm));
  perform pgswarm.fork_people(fork_from.swarm_id, v_fork, v_moment.to_seq, v_at);
  perform pgswarm.fork_memory(fork_from.swarm_id, v_fork, v_moment.to_seq, redo);
  perform pgswarm.fork_workspace(fork_from.swarm_id, v_fork, v_moment.to_seq, redo);
  if v_swarm.status = 'terminated' then
    perform pgswarm.append_event(v_fork, v_at, 'swarm.terminated', null, null, pgswarm.swarm_frame(v_swarm));
  else
    insert into pgswarm.lane (swarm_id, paused, share, deadline_at, has_messages, head_at, next_at)
    select v_fork, v_swarm.status = 'paused', v_swarm.share, v_at + v_swarm.max_duration_s * interval '1 second',
           pgswarm.is_supervised(v_swarm.options) or exists (select from pgswarm.message m where m.swarm_id = v_fork), coalesce(h.at, 'infinity'),
           case when h.at <= v_at then '-infinity' else coalesce(h.at, 'infinity') end
      from (select min(r.available_at) as at from pgswarm.ready r where r.swarm_id = v_fork) h;
  end if;
  perform pgswarm.notify_since(v_fork, 1);
  perform pgswarm.notify_work();
  return v_fork;
end
$$;
