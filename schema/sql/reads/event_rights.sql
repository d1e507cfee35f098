-- Which of some accounts may read which of some swarms, pair by pair. A transaction that acts for an account asks for
-- itself alone. An API process that acts for nobody asks for each of its subscribers, in whose name it could act.
create or replace function pgswarm.may_read(account_ids uuid[], swarm_ids uuid[])
returns table (account_id uuid, swarm_id uuid)
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_nobody boolean := coalesce(current_setting('pgswarm.account', true), '') = '';
begin
  return query
  select asked.account_id, asked.swarm_id
    from unnest(may_read.account_ids, may_read.swarm_ids) as asked (account_id, swarm_id)
    join pgswarm.swarm s on s.swarm_id = asked.swarm_id
    join pgswarm.account a on a.account_id = asked.account_id and not a.disabled
   where (v_nobody or asked.account_id = pgswarm.account_id())
     and (s.owner_id = asked.account_id or a.role = 'admin');
end
$$;

-- Whose some swarms are: for an API process that acts for nobody, to know whom to wake. An account learns it of its own only.
create or replace function pgswarm.swarm_owners(swarm_ids uuid[]) returns table (swarm_id uuid, owner_id uuid)
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_nobody boolean := coalesce(current_setting('pgswarm.account', true), '') = '';
begin
  return query
  select s.swarm_id, s.owner_id from pgswarm.swarm s
   where s.swarm_id = any (swarm_owners.swarm_ids) and (v_nobody or s.owner_id = pgswarm.account_id());
end
$$;

-- Those of some tokens that are valid now, of accounts that are not disabled.
create or replace function pgswarm.live_tokens(token_ids uuid[]) returns setof uuid
language sql stable security definer set search_path = pgswarm, pg_temp as $$
  select t.token_id
    from pgswarm.api_token t
    join pgswarm.account a on a.account_id = t.account_id
   where t.token_id = any (live_tokens.token_ids) and t.revoked_at is null and not a.disabled
     and (t.expires_at is null or t.expires_at > pgswarm.clock())
$$;
