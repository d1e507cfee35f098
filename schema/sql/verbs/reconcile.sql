-- After a lost connection: releases what this worker holds under claims that it does not know, because their commit was never
-- acknowledged. After a failover, which may have taken back what was acknowledged, it also says which nodes it has:
-- whatever else it holds is released too, for it believes to have finished it.
create or replace function pgswarm.reconcile(worker_id uuid, claim_ids bigint[], node_ids uuid[] default null)
returns setof pgswarm.advanced
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_unknown bigint[];
  v_locked uuid[];
  v_swarms uuid[];
  v_nodes uuid[];
  v_epochs integer[];
begin
  if reconcile.node_ids is not null then
    v_locked := pgswarm.lock_held(reconcile.worker_id, null);
    select array_agg(h.swarm_id), array_agg(h.node_id), array_agg(h.lease_epoch) into v_swarms, v_nodes, v_epochs
      from pgswarm.held_nodes(reconcile.worker_id, null) h
     where h.swarm_id = any (v_locked) and h.node_id <> all (reconcile.node_ids);
    if v_nodes is not null then
      return query select * from pgswarm.apply_acts(
        null, v_swarms, v_nodes, v_epochs, array_fill('release'::text, array[cardinality(v_nodes)]),
        '{}', '{}', '{}', '{}', '{}');
    end if;
  end if;
  select array_agg(c.claim_id) into v_unknown
    from pgswarm.claim c where c.worker_id = reconcile.worker_id and c.claim_id <> all (reconcile.claim_ids);
  if v_unknown is not null then
    return query select * from pgswarm.move_held(
      reconcile.worker_id, v_unknown, 'release', pgswarm.lock_held(reconcile.worker_id, v_unknown));
  end if;
end
$$;
