-- Keeps the SHA-256 of a new token; the token itself is never in the database. Tokens of the account that ended a month ago
-- are forgotten.
create or replace function pgswarm.issue_token(
  account_id uuid, token_hash bytea, lifetime_s double precision, label text default '',
  out token_id uuid, out expires_at timestamptz
)
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_now timestamptz := pgswarm.clock();
begin
  perform pgswarm.require_account(issue_token.account_id);
  if lifetime_s is null or not lifetime_s between 1 and 31622400 then
    raise exception 'lifetime_s cannot be %', coalesce(lifetime_s::text, 'null')
      using errcode = 'PS422', detail = 'lifetime_s', hint = 'from 1 second to 366 days: 31622400';
  end if;
  if octet_length(token_hash) is distinct from 32 then
    raise exception 'token_hash is % bytes long', coalesce(octet_length(token_hash)::text, 'null')
      using errcode = 'PS422', detail = 'token_hash', hint = 'give the SHA-256 of the token: 32 bytes';
  end if;
  if length(label) > 200 then
    raise exception 'label is % characters long', length(label)
      using errcode = 'PS422', detail = 'label', hint = 'at most 200';
  end if;
  delete from pgswarm.api_token t
   where t.account_id = issue_token.account_id
     and (t.expires_at < v_now - interval '30 days' or t.revoked_at < v_now - interval '30 days');
  token_id := pgswarm.new_id();
  expires_at := v_now + lifetime_s * interval '1 second';
  insert into pgswarm.api_token (token_id, account_id, token_hash, label, created_at, expires_at)
  values (issue_token.token_id, issue_token.account_id, issue_token.token_hash, coalesce(issue_token.label, ''), v_now,
          issue_token.expires_at);
end
$$;
