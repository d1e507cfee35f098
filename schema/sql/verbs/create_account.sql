-- Makes an account. A password hash of null: nobody can log in with a password. An admin is made by an admin, or in SQL.
create or replace function pgswarm.create_account(username text, password_hash text default null, role text default 'user')
returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_id uuid := pgswarm.new_id();
begin
  if username is null or btrim(username) <> username or length(username) not between 1 and 200 or username ~ '[[:cntrl:]]' then
    raise exception 'username % cannot be that of an account', coalesce(quote_literal(left(username, 40)), 'null')
      using errcode = 'PS422', detail = 'username',
            hint = 'from 1 to 200 characters, no space at either end, no control character';
  end if;
  if create_account.role is null or create_account.role not in ('admin', 'user') then
    raise exception 'role cannot be %', coalesce(create_account.role, 'null')
      using errcode = 'PS422', detail = 'role', hint = 'admin or user';
  end if;
  if create_account.role <> 'user' then
    perform pgswarm.require_admin('make an admin');
  end if;
  insert into pgswarm.account (account_id, username, password_hash, role, created_at)
  values (v_id, create_account.username, create_account.password_hash, create_account.role, pgswarm.clock())
  on conflict (username_key) do nothing;
  if not found then
    raise exception 'username % is taken', quote_literal(username)
      using errcode = 'PS409', detail = 'username', hint = 'choose another; capital letters make no difference';
  end if;
  return v_id;
end
$$;
