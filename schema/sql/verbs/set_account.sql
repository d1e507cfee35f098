-- Gives an account another role, or disables it: its tokens end at once. Null leaves a thing as it is. For admins.
create or replace function pgswarm.set_account(account_id uuid, role text default null, disabled boolean default null)
returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_account(set_account.account_id);
  perform pgswarm.require_admin('change accounts');
  if set_account.role not in ('admin', 'user') then
    raise exception 'role cannot be %', set_account.role
      using errcode = 'PS422', detail = 'role', hint = 'admin or user';
  end if;
  update pgswarm.account a
     set role = coalesce(set_account.role, a.role), disabled = coalesce(set_account.disabled, a.disabled)
   where a.account_id = set_account.account_id;
  if set_account.disabled then
    update pgswarm.api_token t set revoked_at = pgswarm.clock()
     where t.account_id = set_account.account_id and t.revoked_at is null;
  end if;
end
$$;
