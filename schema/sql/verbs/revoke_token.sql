-- Ends a token. False: it had ended already.
create or replace function pgswarm.revoke_token(token_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  if not exists (select from pgswarm.api_token t
                  where t.token_id = revoke_token.token_id and pgswarm.may_see(t.account_id)) then
    raise exception 'token % is not known', coalesce(revoke_token.token_id::text, 'null')
      using errcode = 'PS404', detail = 'token_id', hint = 'see the table pgswarm.api_token for those that are';
  end if;
  update pgswarm.api_token t set revoked_at = pgswarm.clock()
   where t.token_id = revoke_token.token_id and t.revoked_at is null and (t.expires_at is null or t.expires_at > pgswarm.clock());
  return found;
end
$$;
