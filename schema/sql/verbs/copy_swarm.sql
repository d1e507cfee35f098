-- Makes a swarm that goes on from where another is now: a fork at its last event.
create or replace function pgswarm.copy_swarm(swarm_id uuid) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.swarm_status(copy_swarm.swarm_id);
  perform pgswarm.lock_swarms(array[copy_swarm.swarm_id]);
  return pgswarm.fork_swarm(copy_swarm.swarm_id, (
    select e.seq from pgswarm.event e where e.swarm_id = copy_swarm.swarm_id order by e.seq desc limit 1));
end
$$;
