-- Goes on with a paused swarm. False: it was not paused. One that still is at a limit will pause again at once.
create or replace function pgswarm.resume_swarm(swarm_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_row pgswarm.swarm;
  v_seq bigint;
begin
  perform pgswarm.require_swarm(resume_swarm.swarm_id);
  perform pgswarm.lock_swarms(array[resume_swarm.swarm_id]);
  if pgswarm.swarm_status(resume_swarm.swarm_id) <> 'paused' then
    return false;
  end if;
  update pgswarm.swarm s set status = 'active', paused_reason = null where s.swarm_id = resume_swarm.swarm_id
  returning s.* into v_row;
  update pgswarm.lane l set paused = false where l.swarm_id = resume_swarm.swarm_id;
  v_seq := pgswarm.append_event(v_row.swarm_id, pgswarm.next_event_at(v_row.swarm_id), 'swarm.resumed', null, null,
    pgswarm.swarm_frame(v_row));
  perform pgswarm.notify_since(v_row.swarm_id, v_seq);
  perform pgswarm.notify_work();
  return true;
end
$$;
