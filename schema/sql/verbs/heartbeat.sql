-- Keeps a worker's leases alive. False: it was declared dead and its nodes were taken; it must drop what it runs and register
-- anew.
create or replace function pgswarm.heartbeat(worker_id uuid, lease_s double precision) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  update pgswarm.worker w
     set heartbeat_at = pgswarm.clock(), expires_at = pgswarm.clock() + heartbeat.lease_s * interval '1 second'
   where w.worker_id = heartbeat.worker_id and w.stopped_at is null;
  return found;
end
$$;
