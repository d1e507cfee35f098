-- Who acts: the account that the API set for this transaction, else the database role that connected.
create or replace function pgswarm.current_actor() returns text
language sql stable as $$
  select coalesce(nullif(current_setting('pgswarm.account', true), ''), 'role:' || session_user)
$$;
