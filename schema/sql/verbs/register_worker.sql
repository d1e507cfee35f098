-- A processor announces itself; its leases live until `lease_s` seconds after its last heartbeat.
create or replace function pgswarm.register_worker(host text, pid integer, version text, lease_s double precision) returns uuid
language sql volatile security definer set search_path = pgswarm, pg_temp as $$
  insert into pgswarm.worker (worker_id, host, pid, version, started_at, heartbeat_at, expires_at)
  select pgswarm.new_id(), host, pid, version, t.now, t.now, t.now + lease_s * interval '1 second'
    from (select pgswarm.clock() as now) t
  returning worker_id
$$;
