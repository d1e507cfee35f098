-- The running nodes that a worker holds under some claims (null: all of them). Without jit, which a forbidden plan's cost
-- would call for: below PostgreSQL 18 each call would compile for a sixth of a second.
create or replace function pgswarm.held_nodes(worker_id uuid, claim_ids bigint[])
returns table (swarm_id uuid, node_id uuid, lease_epoch integer, lease_expires_at timestamptz)
language sql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
  select distinct n.swarm_id, n.node_id, n.lease_epoch, n.lease_expires_at  -- one that it claimed again stands under two
    from pgswarm.claim c
   cross join lateral unnest(c.swarm_ids, c.node_ids) h(swarm_id, node_id)
   cross join lateral (
     select k.swarm_id, k.node_id, k.lease_epoch, k.lease_expires_at
       from pgswarm.node k
      where k.swarm_id = h.swarm_id and k.node_id = h.node_id and k.status = 'running'
        and k.lease_owner = held_nodes.worker_id
     offset 0) n
   where c.worker_id = held_nodes.worker_id and (held_nodes.claim_ids is null or c.claim_id = any (held_nodes.claim_ids))
$$;

-- Applies one verb to the nodes that a worker holds in swarms whose locks the caller has, by their present epochs, and forgets
-- the claims of which nothing runs any more. What it holds in other swarms is left to the next call.
create or replace function pgswarm.move_held(
  worker_id uuid, claim_ids bigint[], verb text, locked uuid[], overdue_at timestamptz default 'infinity'
) returns setof pgswarm.advanced
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_swarms uuid[];
  v_nodes uuid[];
  v_epochs integer[];
begin
  select array_agg(h.swarm_id), array_agg(h.node_id), array_agg(h.lease_epoch) into v_swarms, v_nodes, v_epochs
    from pgswarm.held_nodes(move_held.worker_id, move_held.claim_ids) h
   where h.swarm_id = any (locked) and h.lease_expires_at < overdue_at;
  if v_nodes is not null then
    return query select * from pgswarm.apply_acts(
      null, v_swarms, v_nodes, v_epochs, array_fill(move_held.verb, array[cardinality(v_nodes)]),
      '{}', '{}', '{}', '{}', '{}');
  end if;
  delete from pgswarm.claim c
   where c.worker_id = move_held.worker_id and (move_held.claim_ids is null or c.claim_id = any (move_held.claim_ids))
     and not exists (select from pgswarm.held_nodes(c.worker_id, array[c.claim_id]));
end
$$;

-- Locks the swarms in which a worker holds something under some claims.
create or replace function pgswarm.lock_held(worker_id uuid, claim_ids bigint[]) returns uuid[]
language sql volatile as $$
  select pgswarm.lock_swarms(array(select distinct h.swarm_id from pgswarm.held_nodes(lock_held.worker_id, lock_held.claim_ids) h))
$$;

-- The swarms in which something runs. Its plan is made once (plpgsql), and by the index even where the tables were empty when
-- it was made and have been analyzed so: the walk of a whole table for each node that runs took 400 ms a claim.
create or replace function pgswarm.working_swarms() returns setof uuid
language plpgsql stable rows 20
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan as $$
begin
  return query
  select distinct n.swarm_id
    from pgswarm.claim c
   cross join lateral unnest(c.swarm_ids, c.node_ids) h(swarm_id, node_id)
   cross join lateral (select k.swarm_id from pgswarm.node k
                        where k.swarm_id = h.swarm_id and k.node_id = h.node_id and k.status = 'running' offset 0) n;
end
$$;
