-- Makes a swarm that goes on from any past event of another: the whole tree as `state_at` gives it there, with new ids, what was
-- running pending again, leases empty, attempts 0; questions, messages and memory as they were; what was spent by then counts.
-- The original is only read. Goes on to the last event of the verb in which `at_seq` lies.
--
-- Finished model calls are used again by reference. An activation that will run once more finds its own under its next number.
create or replace function pgswarm.fork_swarm(swarm_id uuid, at_seq bigint) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp set jit = off set work_mem = '64MB' as $$
#variable_conflict use_column
begin
  perform pgswarm.swarm_status(fork_swarm.swarm_id);
  return pgswarm.fork_from(fork_swarm.swarm_id, fork_swarm.at_seq);
end
$$;
