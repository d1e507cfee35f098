-- A worker ends in order: whatever it still holds is released, as if it had not been claimed.
create or replace function pgswarm.stop_worker(worker_id uuid) returns setof pgswarm.advanced
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  return query select * from pgswarm.move_held(
    stop_worker.worker_id, null, 'release', pgswarm.lock_held(stop_worker.worker_id, null));
  update pgswarm.worker w set stopped_at = pgswarm.clock(), stopped_reason = 'stopped', draining = true
   where w.worker_id = stop_worker.worker_id and w.stopped_at is null;
  perform pgswarm.notify_work();
end
$$;
