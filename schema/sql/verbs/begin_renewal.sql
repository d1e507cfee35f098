-- Before the tokens of a connection are renewed: true for one caller at a time, for `for_s` seconds, and only where they are still
-- the `version` that it read (null: there were none). A server that takes each refresh token once would revoke them all if two
-- came with the same. Whoever is told false reads again.
create or replace function pgswarm.begin_renewal(connection text, version uuid, renewal uuid, for_s double precision)
returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_now timestamptz := pgswarm.clock();
begin
  if begin_renewal.version is null then
    insert into pgswarm.sign_in (connection, changed_at) values (begin_renewal.connection, v_now)
    on conflict (connection) do nothing;
  end if;
  update pgswarm.sign_in s
     set renewal = begin_renewal.renewal, renewal_until = v_now + make_interval(secs => begin_renewal.for_s)
   where s.connection = begin_renewal.connection and s.version is not distinct from begin_renewal.version
     and (s.renewal is null or s.renewal = begin_renewal.renewal or s.renewal_until <= v_now);
  return found;
end
$$;
