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
