-- Answers a question by a link, as the account that made the link: `accepted`, `already_answered`, `closed`, `expired` or
-- `revoked`. The token is all that is asked for; one that is not known is PS404.
create or replace function pgswarm.answer_by_link(token_hash bytea, answer jsonb) returns text
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_link pgswarm.answer_link;
  v_account text := current_setting('pgswarm.account', true);
  v_result text;
begin
  select l.* into v_link from pgswarm.answer_link l where l.token_hash = answer_by_link.token_hash;
  if found then
    perform pgswarm.lock_swarms(array[v_link.swarm_id]);
    select l.* into v_link from pgswarm.answer_link l where l.token_hash = answer_by_link.token_hash;  -- as it is now
  end if;
  if not found then
    raise exception 'the link is not known' using errcode = 'PS404', detail = 'token', hint = 'ask for a new one';
  end if;
  if v_link.revoked_at is not null then
    return 'revoked';
  end if;
  if v_link.used_at is null and v_link.expires_at <= pgswarm.clock() then
    return 'expired';
  end if;
  if v_link.created_by not like 'role:%' then  -- who made the link acts; whoever holds it is nobody that we know
    perform set_config('pgswarm.account', v_link.created_by, true);
  end if;
  v_result := pgswarm.take_answer(v_link.question_id, answer, '{}', 'link:' || v_link.link_id);
  perform set_config('pgswarm.account', coalesce(v_account, ''), true);
  if v_result = 'accepted' then
    update pgswarm.answer_link l set used_at = q.answered_at
      from pgswarm.question q
     where l.link_id = v_link.link_id and q.question_id = l.question_id;
  end if;
  return v_result;
end
$$;
