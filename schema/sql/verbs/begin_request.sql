-- The answer that a request with this key was given before; no row: it is the first, and equal ones wait until this
-- transaction ends. The same key for another request is refused. What is older than a day is forgotten, a little each time.
create or replace function pgswarm.begin_request(account_id uuid, key text, request_hash text)
returns table (status integer, response text)
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_known pgswarm.api_request;
begin
  perform pgswarm.require_account(begin_request.account_id);
  -- before any swarm's lock, and never more than one of them: no circle
  perform pg_advisory_xact_lock(
    hashtextextended(begin_request.account_id::text || ' ' || begin_request.key, 11));
  delete from pgswarm.api_request r
   where (r.account_id, r.key) in (
     select o.account_id, o.key from pgswarm.api_request o
      where o.created_at < pgswarm.clock() - interval '1 day'
      order by o.created_at limit 20 for update skip locked);
  select * into v_known from pgswarm.api_request r
   where r.account_id = begin_request.account_id and r.key = begin_request.key;
  if not found then
    return;
  end if;
  if v_known.request_hash <> begin_request.request_hash then
    raise exception 'this Idempotency-Key was used for another request'
      using errcode = 'PS409', detail = 'Idempotency-Key', hint = 'use a new key for a new request';
  end if;
  return query select v_known.status, v_known.response;
end
$$;
