-- The account of a token that is valid now, found by its SHA-256; no row for any other.
create or replace function pgswarm.verify_token(token_hash bytea)
returns table (account_id uuid, username text, role text, token_id uuid, expires_at timestamptz)
language sql stable security definer set search_path = pgswarm, pg_temp as $$
  select a.account_id, a.username, a.role, t.token_id, t.expires_at
    from pgswarm.api_token t
    join pgswarm.account a on a.account_id = t.account_id
   where t.token_hash = verify_token.token_hash and t.revoked_at is null and not a.disabled
     and (t.expires_at is null or t.expires_at > pgswarm.clock())
$$;
