-- What an event says of a link: everything but what it is known by.
create or replace function pgswarm.link_frame(l pgswarm.answer_link) returns jsonb
language sql stable parallel safe as $$
  select to_jsonb(l) - array['token_hash', 'idempotency_key']
$$;

-- What has become of a link: open, used, revoked, expired, or closed (its question is answered or gone by other ways).
create or replace function pgswarm.link_status(l pgswarm.answer_link, q pgswarm.question) returns text
language sql volatile as $$
  select case
    when l.used_at is not null then 'used'
    when l.revoked_at is not null then 'revoked'
    when q.closed_at is not null then 'closed'
    when least(l.expires_at, q.expires_at) <= pgswarm.clock() then 'expired'
    else 'open'
  end
$$;
