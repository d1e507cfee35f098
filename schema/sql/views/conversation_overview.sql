-- One row for each conversation: how many swarms it has, how many of them live, how many questions are open in it.
create or replace view pgswarm.conversation_overview with (security_invoker = true) as
select c.conversation_id, c.owner_id, c.title, c.created_at, c.ended_at, c.ended_by, s.swarms, s.living, s.open_questions,
       greatest(c.created_at, s.last_at) as last_at
  from pgswarm.conversation c
 cross join lateral (
   select count(*) as swarms, count(*) filter (where s.status <> 'terminated') as living,
          coalesce(sum(q.open), 0)::bigint as open_questions,
          max(greatest(s.created_at, s.terminated_at, q.last_at, m.last_at)) as last_at
     from pgswarm.swarm s
    cross join lateral (select count(*) filter (where q.closed_at is null) as open,
                               max(greatest(q.asked_at, q.closed_at)) as last_at
                          from pgswarm.question q where q.swarm_id = s.swarm_id) q
    cross join lateral (select max(m.at) as last_at from pgswarm.message m where m.swarm_id = s.swarm_id) m
    where s.conversation_id = c.conversation_id) s;
