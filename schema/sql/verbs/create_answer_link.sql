-- Lets whoever holds a token answer a question, once, until it expires: for a webhook, an e-mail, another program. Only the
-- token's SHA-256 comes here. The same key from the same account is the same link, with the new token in the place of the old.
create or replace function pgswarm.create_answer_link(
  question_id uuid, token_hash bytea, expires_in_s double precision default 604800, idempotency_key text default null
) returns table (link_id uuid, expires_at timestamptz)
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_question pgswarm.question;
  v_link pgswarm.answer_link;
  v_at timestamptz;
  v_seq bigint;
begin
  perform pgswarm.require_question(create_answer_link.question_id);
  if octet_length(token_hash) is distinct from 32 then
    raise exception 'token_hash is not a SHA-256'
      using errcode = 'PS422', detail = 'token_hash', hint = 'give the 32 bytes of the SHA-256 of a random token';
  end if;
  if expires_in_s is null or not expires_in_s between 1 and 31536000 then
    raise exception 'expires_in_s cannot be %', coalesce(expires_in_s::text, 'null')
      using errcode = 'PS422', detail = 'expires_in_s', hint = 'from 1 to 31536000 seconds';
  end if;
  select q.* into v_question from pgswarm.question q where q.question_id = create_answer_link.question_id;
  perform pgswarm.lock_swarms(array[v_question.swarm_id]);
  update pgswarm.answer_link l set token_hash = create_answer_link.token_hash
   where l.question_id = v_question.question_id and l.created_by = pgswarm.current_actor()
     and l.idempotency_key = create_answer_link.idempotency_key and l.used_at is null
  returning l.* into v_link;
  if found then
    return query select v_link.link_id, v_link.expires_at;
    return;
  end if;
  select q.* into v_question from pgswarm.question q where q.question_id = create_answer_link.question_id;
  if v_question.closed_at is not null then
    raise exception 'question % takes no answer any more', v_question.question_id
      using errcode = 'PS409', detail = 'question_id', hint = 'see the view pgswarm.inbox for the open ones';
  end if;
  if (select count(*) from pgswarm.answer_link l where l.question_id = v_question.question_id and l.revoked_at is null) >= 100 then
    raise exception 'question % has 100 links', v_question.question_id
      using errcode = 'PS409', detail = 'question_id', hint = 'revoke those that nobody needs';
  end if;
  v_at := pgswarm.next_event_at(v_question.swarm_id);
  insert into pgswarm.answer_link as l (link_id, swarm_id, question_id, token_hash, created_by, idempotency_key, created_at, expires_at)
  values (pgswarm.new_id(), v_question.swarm_id, v_question.question_id, create_answer_link.token_hash, pgswarm.current_actor(),
          create_answer_link.idempotency_key, v_at, v_at + expires_in_s * interval '1 second')
  returning l.* into v_link;
  v_seq := pgswarm.append_event(v_link.swarm_id, v_at, 'answer_link.created', null, v_question.node_id, pgswarm.link_frame(v_link));
  perform pgswarm.notify_since(v_link.swarm_id, v_seq);
  return query select v_link.link_id, v_link.expires_at;
end
$$;
