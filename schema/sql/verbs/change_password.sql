-- Sets the hash of an account's password and ends its tokens, but for the one that is named.
create or replace function pgswarm.change_password(account_id uuid, password_hash text, keep_token_id uuid default null)
returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_account(change_password.account_id);
  update pgswarm.account a set password_hash = change_password.password_hash
   where a.account_id = change_password.account_id;
  update pgswarm.api_token t set revoked_at = pgswarm.clock()
   where t.account_id = change_password.account_id and t.revoked_at is null
     and t.token_id is distinct from change_password.keep_token_id;
end
$$;
