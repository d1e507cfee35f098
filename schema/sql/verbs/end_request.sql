-- Keeps the answer to the request that `begin_request` let through, in the same transaction as what it did.
create or replace function pgswarm.end_request(
  account_id uuid, key text, request_hash text, status integer, response text
) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_account(end_request.account_id);
  insert into pgswarm.api_request (account_id, key, request_hash, status, response, created_at)
  values (end_request.account_id, end_request.key, end_request.request_hash, end_request.status, end_request.response,
          pgswarm.clock());
end
$$;
