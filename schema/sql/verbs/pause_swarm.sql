-- Pauses a swarm: what runs finishes and is kept, nothing new is claimed, questions stay open. False: it was not active.
create or replace function pgswarm.pause_swarm(swarm_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_row pgswarm.swarm;
  v_seq bigint;
begin
  perform pgswarm.require_swarm(pause_swarm.swarm_id);
  perform pgswarm.lock_swarms(array[pause_swarm.swarm_id]);
  if pgswarm.swarm_status(pause_swarm.swarm_id) <> 'active' then
    return false;
  end if;
  update pgswarm.swarm s set status = 'paused', paused_reason = 'user' where s.swarm_id = pause_swarm.swarm_id
  returning s.* into v_row;
  update pgswarm.lane l set paused = true where l.swarm_id = pause_swarm.swarm_id;
  v_seq := pgswarm.append_event(v_row.swarm_id, pgswarm.next_event_at(v_row.swarm_id), 'swarm.paused', null, null,
    pgswarm.swarm_frame(v_row));
  perform pgswarm.notify_since(v_row.swarm_id, v_seq);
  return true;
end
$$;
