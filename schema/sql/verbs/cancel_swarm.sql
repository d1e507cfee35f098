-- Ends a swarm: every node that lives is cancelled. False: it had ended already.
create or replace function pgswarm.cancel_swarm(swarm_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(cancel_swarm.swarm_id);
  perform pgswarm.lock_swarms(array[cancel_swarm.swarm_id]);
  if pgswarm.swarm_status(cancel_swarm.swarm_id) = 'terminated' then
    return false;
  end if;
  return pgswarm.cancel_node(cancel_swarm.swarm_id, s.root_node_id)
    from pgswarm.swarm s where s.swarm_id = cancel_swarm.swarm_id;
end
$$;
