-- Closes the questions of a swarm whose time is up, with their default answers, and wakes the nodes that waited for nothing
-- else. The caller holds the swarm's lock.
create or replace function pgswarm.expire_questions(swarm_id uuid) returns setof pgswarm.advanced
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_at timestamptz;
  v_from bigint;
  v_nodes uuid[];
  v_to bigint;
begin
  if not exists (select from pgswarm.question q
                  where q.swarm_id = expire_questions.swarm_id and q.closed_at is null and q.expires_at <= pgswarm.clock()) then
    return;
  end if;
  v_at := pgswarm.next_event_at(expire_questions.swarm_id);
  select e.seq + 1 into v_from from pgswarm.event e where e.swarm_id = expire_questions.swarm_id order by e.seq desc limit 1;
  with closed as (
    update pgswarm.question q
       set answer = q.default_answer, answered_at = v_at, closed_at = v_at, closed_reason = 'expired'
     where q.swarm_id = expire_questions.swarm_id and q.closed_at is null and q.expires_at is not null
       and q.expires_at <= pgswarm.clock()
    returning q.node_id, q.question_id, pgswarm.question_frame(q) as frame
  ),
  appended as (
    insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
    select expire_questions.swarm_id, v_from - 1 + row_number() over (order by c.question_id), c.node_id, 'question.expired',
           'expire', pgswarm.current_actor(), v_at, last.nodes, c.frame
      from closed c
     cross join lateral (select e.nodes from pgswarm.event e
                          where e.swarm_id = expire_questions.swarm_id order by e.seq desc limit 1) last
    returning seq, node_id
  )
  select array_agg(distinct a.node_id), max(a.seq) into v_nodes, v_to from appended a;
  if v_nodes is null then
    return;
  end if;
  return next pgswarm.wrote(expire_questions.swarm_id, v_from, v_to);
  select array_agg(w.node_id) into v_nodes
    from unnest(v_nodes) w(node_id)
   where not exists (select from pgswarm.question q where q.node_id = w.node_id and q.closed_at is null);
  if v_nodes is not null then
    return query select * from pgswarm.apply_acts(
      null, array_fill(expire_questions.swarm_id, array[cardinality(v_nodes)]), v_nodes, '{}',
      array_fill('expire'::text, array[cardinality(v_nodes)]), '{}', '{}', '{}', '{}', '{}', at => v_at);
  end if;
end
$$;
