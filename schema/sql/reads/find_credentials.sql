-- What a login is checked against; no row where the username is not known.
create or replace function pgswarm.find_credentials(username text)
returns table (account_id uuid, username text, password_hash text, role text, disabled boolean)
language sql stable security definer set search_path = pgswarm, pg_temp as $$
  select a.account_id, a.username, a.password_hash, a.role, a.disabled
    from pgswarm.account a
   where a.username_key = lower(find_credentials.username)
$$;
