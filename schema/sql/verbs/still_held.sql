-- After a commit that was not acknowledged: which of these nodes still run at these epochs, so that their acts did not commit
-- and must be sent again.
create or replace function pgswarm.still_held(worker_id uuid, swarm_ids uuid[], node_ids uuid[], epochs integer[])
returns table (swarm_id uuid, node_id uuid)
language sql stable security definer set search_path = pgswarm, pg_temp as $$
  select n.swarm_id, n.node_id
    from unnest(still_held.swarm_ids, still_held.node_ids, still_held.epochs) i(swarm_id, node_id, epoch)
    join pgswarm.node n on n.swarm_id = i.swarm_id and n.node_id = i.node_id
   where n.status = 'running' and n.lease_epoch = i.epoch and n.lease_owner = still_held.worker_id
$$;
