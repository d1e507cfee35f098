-- Takes over what dead workers hold, and nodes of living ones past their own deadline: each goes back to pending (`expire`),
-- or fails where it has no attempt left. One worker a call, so that the work of a call is bounded: call it until it returns
-- nothing; hence those that hold nodes first. `lease_grace_s`: how long past a node's deadline its living worker may still end it by itself.
--
-- Locks: the swarms' locks, then the worker's row, on which a late heartbeat waits and then finds that it came too late.
create or replace function pgswarm.reap(lease_grace_s double precision default 2) returns setof pgswarm.advanced
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_worker uuid;
  v_claims bigint[];
  v_locked uuid[];
  v_now timestamptz := pgswarm.clock();
  v_overdue_at timestamptz := v_now - reap.lease_grace_s * interval '1 second';
begin
  select w.worker_id into v_worker
    from pgswarm.worker w
   where w.stopped_at is null and w.expires_at < v_now
      or w.stopped_at is not null and exists (select from pgswarm.claim c where c.worker_id = w.worker_id)
   order by not exists (select from pgswarm.held_nodes(w.worker_id, null)), w.expires_at limit 1;
  if found then
    v_locked := pgswarm.lock_held(v_worker, null);
    perform from pgswarm.worker w
      where w.worker_id = v_worker and (w.stopped_at is not null or w.expires_at < v_now) for update skip locked;
    if not found then
      return;  -- it lives after all, or another worker reaps it
    end if;
    update pgswarm.worker w set stopped_at = v_now, stopped_reason = 'lease expired'
     where w.worker_id = v_worker and w.stopped_at is null;
    return query select * from pgswarm.move_held(v_worker, null, 'expire', v_locked);
    perform pgswarm.notify_work();
    return;
  end if;
  select c.worker_id, array_agg(c.claim_id) into v_worker, v_claims
    from pgswarm.claim c
   where c.deadline_at < v_overdue_at
     and exists (select from pgswarm.held_nodes(c.worker_id, array[c.claim_id]) h where h.lease_expires_at < v_overdue_at)
   group by 1 limit 1;
  if found then
    return query select * from pgswarm.move_held(
      v_worker, v_claims, 'expire', pgswarm.lock_held(v_worker, v_claims), v_overdue_at);
    perform pgswarm.notify_work();
  end if;
end
$$;
