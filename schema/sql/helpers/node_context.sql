-- What a woken node reads: the reports of its last set of children (a replaced one left out), the answers to its last
-- questions, and the messages of people since its last activation began. Null where there is none of them.
create or replace function pgswarm.node_context(swarm_id uuid, node_id uuid, activation integer) returns jsonb
language sql stable as $$
  with reports as (
    select jsonb_agg(jsonb_build_object(
             'node_id', c.node_id, 'action', c.action, 'directive', pgswarm.whole_text(c.directive, c.directive_blob),
             'outcome', c.outcome, 'report', pgswarm.whole_text(c.report, c.report_blob), 'error', c.error)
             order by c.position) as items
      from pgswarm.node c
     where c.parent_id = node_context.node_id
       and c.spawn_round = node_context.activation - 1
       and not exists (select from pgswarm.node r where r.parent_id = c.parent_id and r.retry_of = c.node_id)
  ),
  answers as (
    select jsonb_agg(jsonb_build_object(
             'question_id', q.question_id, 'prompt', pgswarm.whole_text(q.prompt, q.prompt_blob), 'answer', q.answer)
             order by q.position) as items
      from pgswarm.question q
     where q.node_id = node_context.node_id and q.activation = node_context.activation - 1
  ),
  messages as (
    select jsonb_agg(jsonb_build_object(
             'message_id', m.message_id, 'role', m.role, 'content', pgswarm.whole_text(m.content, m.content_blob))
             order by m.at) as items
      from pgswarm.message m
     where m.swarm_id = node_context.swarm_id and (m.node_id is null or m.node_id = node_context.node_id)
  )
  select jsonb_strip_nulls(jsonb_build_object('reports', r.items, 'answers', a.items, 'messages', m.items))
    from reports r, answers a, messages m
$$;
