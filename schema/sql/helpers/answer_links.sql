-- What an event says of a link: everything but what it is known by.
create or replace function pgswarm.link_frame(l pgswarm.answer_link) returns jsonb
language sql stable parallel safe as $$
  select to_jsonb(l) - array['token_hash', 'idempotency_key']
$$;
