-- What people were asked and said, for a fork: every question as it stood after event `to_seq`, with an event for each, and
-- every message by then. A question that is open keeps the time that it had left.
create or replace function pgswarm.fork_people(original uuid, fork uuid, to_seq bigint, at timestamptz) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_then timestamptz;
begin
  select e.at into v_then from pgswarm.event e where e.swarm_id = original and e.seq = fork_people.to_seq;
  with old as (
    select distinct on (e.data ->> 'question_id') e.data
      from pgswarm.event e
     where e.swarm_id = original and e.seq <= fork_people.to_seq and e.kind like 'question.%'
     order by e.data ->> 'question_id', e.seq desc
  ),
  made as (
    insert into pgswarm.question as q
    select r.*
      from old o
      join pgswarm.question k on k.question_id = (o.data ->> 'question_id')::uuid
      join pgswarm.node n on n.swarm_id = fork and n.node_id = pgswarm.fork_id(fork, k.node_id) and n.activation >= k.activation
     cross join lateral jsonb_populate_record(k, (o.data - 'prompt') || jsonb_build_object(
       'swarm_id', fork, 'question_id', pgswarm.fork_id(fork, k.question_id), 'node_id', pgswarm.fork_id(fork, k.node_id),
       'answer_files', pgswarm.with_fork_ids(o.data -> 'answer_files', original, fork),
       'expires_at', case when o.data ->> 'closed_at' is null then k.expires_at + (fork_people.at - v_then) else k.expires_at end)) r
    returning q.node_id, q.asked_at, q.position, coalesce(q.closed_reason, 'open') as became, pgswarm.question_frame(q) as frame
  )
  insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
  select fork, last.seq + row_number() over (order by m.asked_at, m.node_id, m.position), m.node_id, k.kind, k.verb,
         pgswarm.current_actor(), fork_people.at, last.nodes, m.frame
    from made m
    join (values ('open', 'question.asked', 'ask'), ('answered', 'question.answered', 'answer'),
                 ('expired', 'question.expired', 'expire'), ('node_terminated', 'question.closed', 'cancel')
         ) k(became, kind, verb) on k.became = m.became
   cross join lateral (select e.seq, e.nodes from pgswarm.event e where e.swarm_id = fork order by e.seq desc limit 1) last;
  insert into pgswarm.message
  select r.*
    from pgswarm.message m
   cross join lateral jsonb_populate_record(m, jsonb_build_object(
     'swarm_id', fork, 'message_id', pgswarm.fork_id(fork, m.message_id), 'node_id', pgswarm.fork_id(fork, m.node_id),
     'files', pgswarm.with_fork_ids(m.files, original, fork))) r
   where m.swarm_id = original and m.at <= v_then
     and (m.node_id is null or exists (
       select from pgswarm.node n where n.swarm_id = fork and n.node_id = pgswarm.fork_id(fork, m.node_id)));
end
$$;
