-- Failed logins, counted for a username from an address and for an address; in the database, so that all API processes know.
-- The first failures cost nothing; then each blocks for twice as long as the one before. A quarter of an hour without a
-- failure forgets them.

create or replace function pgswarm.throttle_keys(username text, address text) returns bytea[]
language sql immutable parallel safe as $$
  select array[sha256(convert_to(jsonb_build_array(lower(username), address)::text, 'UTF8')),
               sha256(convert_to(jsonb_build_array(address)::text, 'UTF8'))]
$$;

-- For how many seconds this username is refused from this address; 0: it may try.
create or replace function pgswarm.login_wait(username text, address text) returns double precision
language sql stable security definer set search_path = pgswarm, pg_temp as $$
  select coalesce(greatest(max(extract(epoch from t.blocked_until - pgswarm.clock())), 0), 0)
    from pgswarm.login_throttle t
   where t.throttle_key = any (pgswarm.throttle_keys(login_wait.username, login_wait.address))
$$;

-- Counts a failure; returns for how many seconds the next try is refused.
create or replace function pgswarm.login_failed(username text, address text) returns double precision
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_now timestamptz := pgswarm.clock();
  v_keys bytea[] := pgswarm.throttle_keys(login_failed.username, login_failed.address);
begin
  delete from pgswarm.login_throttle t
   where t.throttle_key in (
     select o.throttle_key from pgswarm.login_throttle o
      where o.failed_at < v_now - interval '1 day' order by o.failed_at limit 20 for update skip locked);
  insert into pgswarm.login_throttle as t (throttle_key, failures, failed_at, blocked_until)
  select k.throttle_key, 1, v_now, v_now
    from unnest(v_keys) k(throttle_key)
   order by 1
  on conflict (throttle_key) do update
     set failures = case when t.failed_at < v_now - interval '15 minutes' then 1 else t.failures + 1 end,
         failed_at = v_now;
  update pgswarm.login_throttle t
     set blocked_until = v_now + least(power(2, least(t.failures - l.free, 20)), l.longest) * interval '1 second'
    from (values (v_keys[1], 5, 900), (v_keys[2], 50, 60)) l(throttle_key, free, longest)
   where t.throttle_key = l.throttle_key and t.failures >= l.free;
  return pgswarm.login_wait(login_failed.username, login_failed.address);
end
$$;

-- Forgets the failures of this username from this address.
create or replace function pgswarm.login_succeeded(username text, address text) returns void
language sql volatile security definer set search_path = pgswarm, pg_temp as $$
  delete from pgswarm.login_throttle t
   where t.throttle_key = (pgswarm.throttle_keys(login_succeeded.username, login_succeeded.address))[1]
$$;
