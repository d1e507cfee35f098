-- Ends a node and everything below it, running nodes too: their late writes are fenced. Its parent is woken as by any child
-- that ends. False: it had ended already.
create or replace function pgswarm.cancel_node(swarm_id uuid, node_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_at timestamptz;
  v_from bigint;
begin
  perform pgswarm.require_swarm(cancel_node.swarm_id);
  perform pgswarm.lock_swarms(array[cancel_node.swarm_id]);
  perform pgswarm.swarm_status(cancel_node.swarm_id);
  if pgswarm.node_status(cancel_node.swarm_id, cancel_node.node_id) = 'terminated' then
    return false;
  end if;
  v_at := pgswarm.next_event_at(cancel_node.swarm_id);
  select e.seq + 1 into v_from from pgswarm.event e where e.swarm_id = cancel_node.swarm_id order by e.seq desc limit 1;
  perform pgswarm.cancel_subtree(cancel_node.swarm_id, cancel_node.node_id, v_at);
  perform pgswarm.notify_since(cancel_node.swarm_id, v_from);
  perform pgswarm.notify_work();
  return true;
end
$$;
