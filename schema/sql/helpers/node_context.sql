-- What a woken node reads: the reports of its last set of children (a replaced one left out), the answers to its last
-- questions, and, where its lane says that there are any, the messages of people and what they must say yes to (the swarm's
-- `approve`). A kind that there is none of is left out. In plpgsql,
-- because it keeps its plans: this runs once for each node that wakes.
create or replace function pgswarm.node_context(swarm_id uuid, node_id uuid, with_messages boolean) returns jsonb
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_context jsonb := '{}';
  v_items jsonb;
  v_round integer;
  v_replaced uuid[];
  v_approve text;
begin
  select max(n.spawn_round), array_agg(n.retry_of) filter (where n.retry_of is not null)
    into v_round, v_replaced
    from pgswarm.node n where n.parent_id = node_context.node_id;
  if v_round is not null then
    select jsonb_agg(jsonb_build_object(
             'node_id', c.node_id, 'action', c.action, 'directive', pgswarm.whole_text(c.directive, c.directive_blob),
             'outcome', c.outcome, 'report', pgswarm.whole_text(c.report, c.report_blob), 'error', c.error)
             order by c.position)
      into v_items
      from pgswarm.node c
     where c.parent_id = node_context.node_id and c.spawn_round = v_round and c.node_id <> all (coalesce(v_replaced, '{}'));
    v_context := jsonb_build_object('reports', v_items);
  end if;
  select jsonb_agg(jsonb_build_object(
           'question_id', q.question_id, 'prompt', pgswarm.whole_text(q.prompt, q.prompt_blob), 'answer', q.answer)
           || case when q.closed_reason = 'expired' then '{"expired": true}'::jsonb else '{}' end
           || pgswarm.files_of(q.answer_files)
           order by q.position)
    into v_items
    from pgswarm.question q
   where q.node_id = node_context.node_id
     and q.activation = (select max(x.activation) from pgswarm.question x where x.node_id = node_context.node_id);
  if v_items is not null then
    v_context := v_context || jsonb_build_object('answers', v_items);
  end if;
  if with_messages then
    select jsonb_agg(jsonb_build_object(
             'message_id', m.message_id, 'role', m.role, 'content', pgswarm.whole_text(m.content, m.content_blob))
             || pgswarm.files_of(m.files)
             order by m.at)
      into v_items
      from pgswarm.message m
     where m.swarm_id = node_context.swarm_id and (m.node_id is null or m.node_id = node_context.node_id);
    if v_items is not null then
      v_context := v_context || jsonb_build_object('messages', v_items);
    end if;
    select pgswarm.approval_of(s.options) into v_approve from pgswarm.swarm s where s.swarm_id = node_context.swarm_id;
    if v_approve <> 'none' then
      v_context := v_context || jsonb_build_object('approve', v_approve);
    end if;
  end if;
  return v_context;
end
$$;

-- What a person must say yes to before it is done.
create or replace function pgswarm.approval_of(options jsonb) returns text
language sql immutable parallel safe as $$
  select coalesce(options ->> 'approve', 'none')
$$;

create or replace function pgswarm.is_supervised(options jsonb) returns boolean
language sql immutable parallel safe as $$
  select pgswarm.approval_of(options) <> 'none'
$$;

-- The names of the files that came with an answer or a message, as a part of what a node reads.
create or replace function pgswarm.files_of(files jsonb) returns jsonb
language sql immutable parallel safe as $$
  select case when files is null then '{}'::jsonb else jsonb_build_object('files', jsonb_path_query_array(files, '$[*].name')) end
$$;
