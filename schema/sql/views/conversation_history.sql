-- What was said in a conversation: its goals, the questions and their answers, the messages, the reports. In order of `at`, then
-- `rank`, then `item_id`.
create or replace view pgswarm.conversation_history with (security_invoker = true) as
select s.conversation_id, s.swarm_id, s.root_node_id as node_id, 'goal' as kind, 0 as rank, s.swarm_id as item_id, s.created_at as at,
       'user' as role, coalesce(s.owner_id::text, '') as author, s.goal as content, s.goal_blob as content_blob,
       null::jsonb as value, null::jsonb as files
  from pgswarm.swarm s where s.conversation_id is not null
union all
select s.conversation_id, q.swarm_id, q.node_id, 'question', 1, q.question_id, q.asked_at, 'swarm', 'node:' || q.node_id,
       q.prompt, q.prompt_blob, null, null
  from pgswarm.swarm s join pgswarm.question q on q.swarm_id = s.swarm_id where s.conversation_id is not null
union all
select s.conversation_id, q.swarm_id, q.node_id, case q.closed_reason when 'expired' then 'default' else 'answer' end, 2,
       q.question_id, q.answered_at, 'user', coalesce(q.answered_by, ''), null, null, q.answer, q.answer_files
  from pgswarm.swarm s join pgswarm.question q on q.swarm_id = s.swarm_id
 where s.conversation_id is not null and q.answered_at is not null
union all
select s.conversation_id, m.swarm_id, m.node_id, 'message', 3, m.message_id, m.at, m.role, m.author, m.content, m.content_blob,
       null, m.files
  from pgswarm.swarm s join pgswarm.message m on m.swarm_id = s.swarm_id where s.conversation_id is not null
union all
select s.conversation_id, s.swarm_id, s.root_node_id, 'report', 4, s.swarm_id, s.terminated_at, 'swarm',
       'node:' || s.root_node_id, s.report, s.report_blob, to_jsonb(s.outcome), null
  from pgswarm.swarm s where s.conversation_id is not null and s.terminated_at is not null;
