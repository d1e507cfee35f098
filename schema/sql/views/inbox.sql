-- Every open question.
create or replace view pgswarm.inbox with (security_invoker = true) as
select q.question_id, q.swarm_id, q.node_id, s.owner_id, s.goal, q.prompt, q.asked_at, q.expires_at, q.choices, q.schema,
       q.default_answer
  from pgswarm.question q
  join pgswarm.swarm s on s.swarm_id = q.swarm_id
 where q.closed_at is null;
