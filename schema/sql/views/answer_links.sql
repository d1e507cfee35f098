-- The links by which questions can be answered without an account, and what has become of them; not what they are known by.
create or replace view pgswarm.answer_links with (security_invoker = true) as
select l.link_id, l.swarm_id, l.question_id, l.created_by, l.created_at, l.expires_at, l.used_at, l.revoked_at,
       case
         when l.used_at is not null then 'used'
         when l.revoked_at is not null then 'revoked'
         when q.closed_at is not null then 'closed'
         when least(l.expires_at, q.expires_at) <= pgswarm.clock() then 'expired'
         else 'open'
       end as status
  from pgswarm.answer_link l
  join pgswarm.question q on q.question_id = l.question_id;
