-- Refuses an answer that is not one of the choices or does not fit the question's schema as far as SQL looks.
create or replace function pgswarm.check_answer(schema jsonb, choices jsonb, answer jsonb) returns void
language plpgsql immutable as $$
begin
  if answer is null then
    raise exception 'answer is missing' using errcode = 'PS422', detail = 'answer', hint = 'give a JSON value';
  end if;
  if jsonb_typeof(choices) = 'array' and not pgswarm.is_one_of(answer, choices) then
    raise exception 'answer must be one of %', choices
      using errcode = 'PS422', detail = 'answer', hint = 'give one of the choices, spelled the same';
  end if;
  perform pgswarm.check_value('answer', schema, answer);
end
$$;

-- Wakes a waiting node when none of its questions is open any more. The caller holds the swarm's lock.
create or replace function pgswarm.wake_answered(swarm_id uuid, node_id uuid, verb text, at timestamptz) returns void
language plpgsql volatile as $$
begin
  if not exists (select from pgswarm.question q
                  where q.node_id = wake_answered.node_id and q.closed_at is null) then
    perform pgswarm.apply_acts(
      null, array[swarm_id], array[node_id], array[null::integer], array[verb], '{}', '{}', '{}', '{}', '{}', at => at);
  end if;
end
$$;

-- Takes an answer, whichever way it came. The caller holds the swarm's lock. A question whose time is up takes none, also
-- where no processor has closed it yet: it is closed here.
create or replace function pgswarm.take_answer(question_id uuid, answer jsonb, files uuid[], answered_by text) returns text
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_question pgswarm.question;
  v_files jsonb;
  v_at timestamptz;
  v_seq bigint;
begin
  select q.* into v_question from pgswarm.question q where q.question_id = take_answer.question_id;
  if v_question.closed_at is not null then
    return case v_question.closed_reason when 'answered' then 'already_answered' else 'closed' end;
  end if;
  if v_question.expires_at <= pgswarm.clock() then
    perform pgswarm.notify_events(e.swarm_id, e.from_seq, e.to_seq) from pgswarm.expire_questions(v_question.swarm_id) e;
    perform pgswarm.notify_work();
    return 'closed';
  end if;
  perform pgswarm.check_answer(v_question.schema, v_question.choices, take_answer.answer);
  v_at := pgswarm.next_event_at(v_question.swarm_id);
  v_files := pgswarm.attach_uploads(v_question.swarm_id, take_answer.files, v_at);
  update pgswarm.question q
     set answer = take_answer.answer, answer_files = v_files, answered_by = take_answer.answered_by, answered_at = v_at,
         closed_at = v_at, closed_reason = 'answered'
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
