-- What a woken node reads: the reports of its last set of children (a replaced one left out), the answers to its last
-- questions, and the messages of people since its last activation began. A kind that there is none of is left out.
create or replace function pgswarm.node_context(swarm_id uuid, node_id uuid) returns jsonb
language sql stable as $$
  with reports as (
    select jsonb_agg(jsonb_build_object(
             'node_id', c.node_id, 'action', c.action, 'directive', pgswarm.whole_text(c.directive, c.directive_blob),
             'outcome', c.outcome, 'report', pgswarm.whole_text(c.report, c.report_blob), 'error', c.error)
             order by c.position) as items
      from pgswarm.node c
     where c.parent_id = node_context.node_id
       and c.spawn_round = (select max(x.spawn_round) from pgswarm.node x where x.parent_id = node_context.node_id)
       -- an array, made once: a join would compare every child with every other
       and c.node_id <> all (array(
             select r.retry_of from pgswarm.node r where r.parent_id = node_context.node_id and r.retry_of is not null))
  ),
  answers as (
    select jsonb_agg(jsonb_build_object(
             'question_id', q.question_id, 'prompt', pgswarm.whole_text(q.prompt, q.prompt_blob), 'answer', q.answer)
             order by q.position) as items
      from pgswarm.question q
     where q.node_id = node_context.node_id
       and q.activation = (select max(x.activation) from pgswarm.question x where x.node_id = node_context.node_id)
  ),
  messages as (
    select jsonb_agg(jsonb_build_object(
             'message_id', m.message_id, 'role', m.role, 'content', pgswarm.whole_text(m.content, m.content_blob))
             order by m.at) as items
      from pgswarm.message m
     where m.swarm_id = node_context.swarm_id and (m.node_id is null or m.node_id = node_context.node_id)
  )
  select case when r.items is null then '{}' else jsonb_build_object('reports', r.items) end
      || case when a.items is null then '{}' else jsonb_build_object('answers', a.items) end
      || case when m.items is null then '{}' else jsonb_build_object('messages', m.items) end
    from reports r, answers a, messages m
$$;
