-- Answers a question; the last one that its node needs wakes it. `accepted`, `already_answered`, or `closed` (it expired, or
-- its node ended). The first commit wins.
create or replace function pgswarm.answer_question(question_id uuid, answer jsonb) returns text
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_question pgswarm.question;
  v_at timestamptz;
  v_seq bigint;
begin
  select q.* into v_question
    from pgswarm.question q
    join pgswarm.swarm s on s.swarm_id = q.swarm_id
   where q.question_id = answer_question.question_id and pgswarm.may_see(s.owner_id);
  if not found then
    raise exception 'question % is not known', answer_question.question_id
      using errcode = 'PS404', detail = 'question_id', hint = 'see the view pgswarm.inbox for the open ones';
  end if;
  perform pgswarm.lock_swarms(array[v_question.swarm_id]);
  select * into v_question from pgswarm.question q where q.question_id = answer_question.question_id;
  if v_question.closed_at is not null then
    return case v_question.closed_reason when 'answered' then 'already_answered' else 'closed' end;
  end if;
  perform pgswarm.check_answer(v_question.schema, v_question.choices, answer_question.answer);
  v_at := pgswarm.next_event_at(v_question.swarm_id);
  update pgswarm.question q
     set answer = answer_question.answer, answered_by = pgswarm.current_actor(), answered_at = v_at, closed_at = v_at,
         closed_reason = 'answered'
   where q.question_id = v_question.question_id
  returning q.* into v_question;
  v_seq := pgswarm.append_event(v_question.swarm_id, v_at, 'question.answered', 'answer', v_question.node_id,
    pgswarm.question_frame(v_question));
  perform pgswarm.wake_answered(v_question.swarm_id, v_question.node_id, 'answer', v_at);
  perform pgswarm.notify_since(v_question.swarm_id, v_seq);
  perform pgswarm.notify_work();
  return 'accepted';
end
$$;
