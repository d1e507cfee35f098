-- Makes the questions of nodes that have just begun to wait for a person, and their events. The callers hold the swarms' locks.
-- Returns the counters of the swarms as they stand then.
create or replace function pgswarm.ask_questions(
  asking integer[], swarm_ids uuid[], node_ids uuid[], question_of integer[], question_ids uuid[], questions jsonb[],
  swarms uuid[], seqs bigint[], nodes integer[], actor text
) returns bigint[]
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_lanes integer[];
begin
  with asked as (
    insert into pgswarm.question as k (
      swarm_id, question_id, node_id, activation, position, prompt, prompt_blob, schema, choices, default_answer, expires_at, asked_at)
    select p.swarm_id, coalesce(q.question_id, pgswarm.new_id()), p.node_id, p.activation,
           (row_number() over (partition by q.act order by q.o))::integer - 1,
           pgswarm.row_text(q.ask ->> 'prompt'), pgswarm.blob_of(q.ask ->> 'prompt'),
           nullif(q.ask -> 'schema', 'null'), nullif(q.ask -> 'choices', 'null'), nullif(q.ask -> 'default_answer', 'null'),
           p.updated_at + (q.ask ->> 'expires_in_s')::double precision * interval '1 second', p.updated_at
      from unnest(asking) s(act)
     cross join lateral (select n.* from pgswarm.node n
                          where n.swarm_id = swarm_ids[s.act] and n.node_id = node_ids[s.act] offset 0) p
      join unnest(question_of, question_ids, questions) with ordinality q(act, question_id, ask, o) on q.act = s.act
    returning k.swarm_id, k.node_id, k.position, k.asked_at, pgswarm.question_frame(k) as frame
  ),
  happened as (
    insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
    select q.swarm_id, seqs[b.lane_no] + row_number() over (partition by b.lane_no order by q.position, q.node_id), q.node_id,
           'question.asked', 'ask', actor, q.asked_at, nodes[b.lane_no], q.frame
      from asked q
     cross join lateral (select array_position(swarms, q.swarm_id) as lane_no) b
  )
  select array_agg(array_position(swarms, q.swarm_id)) into v_lanes from asked q;
  return pgswarm.counted_on(seqs, v_lanes);
end
$$;
