-- Who asks, and whose rows they may see. A caller is held to the account that `pgswarm.account` names for the transaction
-- (the API sets it), an admin's account to none. Whoever names no account is trusted only as a role that is: the owner, a
-- processor, an operator. The API's role without an account sees nothing.

-- The account that is set; null where none is, or what is set is no id.
create or replace function pgswarm.account_id() returns uuid
language sql stable parallel safe as $$
  select case
    when current_setting('pgswarm.account', true) ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
    then current_setting('pgswarm.account', true)::uuid
  end
$$;

-- Whether the account that is set is an admin's. As the owner, for the API's role does not read all accounts.
create or replace function pgswarm.is_admin() returns boolean
language sql stable parallel safe security definer set search_path = pgswarm, pg_temp as $$
  select exists (
    select from pgswarm.account a where a.account_id = pgswarm.account_id() and a.role = 'admin' and not a.disabled)
$$;

-- Whether the caller is held to an account. `role` is what SET ROLE set, in a verb too; session_user is who connected.
create or replace function pgswarm.is_held() returns boolean
language plpgsql stable parallel safe as $$
declare
  v_role name := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
  if coalesce(current_setting('pgswarm.account', true), '') <> '' then
    return not pgswarm.is_admin();
  end if;
  return not (
    (select pg_has_role(v_role, n.nspowner, 'usage') from pg_namespace n where n.nspname = 'pgswarm')
    or coalesce(pg_has_role(v_role, to_regrole('pgswarm_processor'), 'usage'), false)
    or coalesce(pg_has_role(v_role, to_regrole('pgswarm_operator'), 'usage'), false));
end
$$;

-- Whether the caller may see what an account owns. What nobody owns is for those who are not held.
create or replace function pgswarm.may_see(owner_id uuid) returns boolean
language sql stable parallel safe as $$
  select coalesce(owner_id = pgswarm.account_id(), false) or not pgswarm.is_held()
$$;

-- Refuses an id of another's exactly as one that is not known. Called before anything else, locks too, by every verb and
-- read that takes the id of a swarm and that the API may call.
create or replace function pgswarm.require_swarm(swarm_id uuid) returns void
language plpgsql stable as $$
begin
  if not exists (select from pgswarm.swarm s where s.swarm_id = require_swarm.swarm_id and pgswarm.may_see(s.owner_id)) then
    raise exception 'swarm % is not known', coalesce(require_swarm.swarm_id::text, 'null')
      using errcode = 'PS404', detail = 'swarm_id', hint = 'see the view pgswarm.swarm_overview for those that are';
  end if;
end
$$;

-- The same for a question; returns its swarm.
create or replace function pgswarm.require_question(question_id uuid) returns uuid
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_swarm uuid;
begin
  select q.swarm_id into v_swarm
    from pgswarm.question q
    join pgswarm.swarm s on s.swarm_id = q.swarm_id
   where q.question_id = require_question.question_id and pgswarm.may_see(s.owner_id);
  if not found then
    raise exception 'question % is not known', coalesce(require_question.question_id::text, 'null')
      using errcode = 'PS404', detail = 'question_id', hint = 'see the view pgswarm.inbox for the open ones';
  end if;
  return v_swarm;
end
$$;

-- The same for an account: one's own, or any for those who are not held.
create or replace function pgswarm.require_account(account_id uuid) returns void
language plpgsql stable as $$
begin
  if not (pgswarm.may_see(require_account.account_id)
          and exists (select from pgswarm.account a where a.account_id = require_account.account_id)) then
    raise exception 'account % is not known', coalesce(require_account.account_id::text, 'null')
      using errcode = 'PS404', detail = 'account_id', hint = 'see the table pgswarm.account for those that are';
  end if;
end
$$;

-- Refuses whoever is held: what only an admin, or an operator in SQL, may do.
create or replace function pgswarm.require_admin(act text) returns void
language plpgsql stable as $$
begin
  if pgswarm.is_held() then
    raise exception 'only an admin may %', act
      using errcode = 'PS403', detail = 'account', hint = 'ask an admin, or do it in SQL as pgswarm_operator';
  end if;
end
$$;

-- Whom a new thing belongs to: a caller that is held owns it itself; an admin gives it to anyone, by default itself.
create or replace function pgswarm.owner_for(owner uuid) returns uuid
language plpgsql stable as $$
begin
  if pgswarm.is_held() and (owner <> pgswarm.account_id() or pgswarm.account_id() is null) then
    raise exception 'owner % is not known', coalesce(owner::text, 'null')
      using errcode = 'PS404', detail = 'owner', hint = 'leave it out: it is the account that asks';
  end if;
  return coalesce(owner, pgswarm.account_id());
end
$$;
