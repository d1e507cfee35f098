create or replace view pgswarm.swarm_overview with (security_invoker = true) as
select s.swarm_id, s.owner_id, s.goal, s.status, s.outcome,
       coalesce(n.nodes, 0) as nodes, coalesce(n.pending, 0) as pending, coalesce(n.running, 0) as running,
       coalesce(n.waiting_user, 0) as waiting_user, coalesce(n.awaiting_children, 0) as awaiting_children,
       coalesce(n.terminated, 0) as terminated,
       (select count(*) from pgswarm.question q where q.swarm_id = s.swarm_id and q.closed_at is null) as open_questions,
       s.spent_input_tokens as input_tokens, s.spent_output_tokens as output_tokens, s.spent_cost_usd as cost_usd,
       s.created_at,
       (select e.at from pgswarm.event e where e.swarm_id = s.swarm_id order by e.seq desc limit 1) as last_event_at,
       s.paused_reason, s.report, s.report_blob
  from pgswarm.swarm s
  left join lateral (
    select count(*) as nodes,
           count(*) filter (where k.status = 'pending') as pending,
           count(*) filter (where k.status = 'running') as running,
           count(*) filter (where k.status = 'waiting_user') as waiting_user,
           count(*) filter (where k.status = 'awaiting_children') as awaiting_children,
           count(*) filter (where k.status = 'terminated') as terminated
      from pgswarm.node k
     where k.swarm_id = s.swarm_id) n on true;
