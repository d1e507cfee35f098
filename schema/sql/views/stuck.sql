-- Nodes that an operator should look at, and why.
create or replace view pgswarm.stuck with (security_invoker = true) as
select n.swarm_id, n.node_id, n.action, n.status, n.attempt, n.updated_at,
       case
         when n.status = 'running' and (w.worker_id is null or w.stopped_at is not null or w.expires_at < now())
           then 'its worker is dead: a living processor takes it over within seconds; is one running?'
         when n.status = 'running' then 'past its own deadline'
         when n.status = 'waiting_user' then 'an open question is older than a day'
         when n.attempt >= 2 then 'failed attempts: ' || n.attempt || ', the last: ' || coalesce(n.error ->> 'message', 'the worker died')
         else 'claimable for more than a minute: is a processor running?'
       end as reason
  from pgswarm.node n
  join pgswarm.swarm s on s.swarm_id = n.swarm_id and s.status = 'active'
  left join pgswarm.worker w on w.worker_id = n.lease_owner
 where n.status = 'running' and (w.worker_id is null or w.stopped_at is not null or w.expires_at < now() or n.lease_expires_at < now())
    or n.status = 'pending' and (n.attempt >= 2 or n.available_at < now() - interval '1 minute')
    or n.status = 'waiting_user' and exists (
      select from pgswarm.question q
       where q.node_id = n.node_id and q.closed_at is null and q.asked_at < now() - interval '1 day');
