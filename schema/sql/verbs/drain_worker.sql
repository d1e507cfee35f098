-- The worker claims nothing more; what it runs goes on.
create or replace function pgswarm.drain_worker(worker_id uuid) returns void
language sql volatile security definer set search_path = pgswarm, pg_temp as $$
  update pgswarm.worker w set draining = true where w.worker_id = drain_worker.worker_id
$$;
