-- Tells the lanes of some swarms that a node of theirs is ready at a moment: a claim starts at a lane's head, and never before
-- its `next_at`. The callers hold the swarms' locks.
create or replace function pgswarm.wake_lanes(swarm_ids uuid[], ats timestamptz[]) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_swarm uuid;
  v_at timestamptz;
begin
  for v_swarm, v_at in select r.swarm_id, min(r.at) from unnest(swarm_ids, ats) r(swarm_id, at) group by 1 loop
    update pgswarm.lane l
       set head_at = least(l.head_at, v_at),
           head_id = case when v_at <= l.head_at then '00000000-0000-0000-0000-000000000000' else l.head_id end,
           next_at = case when v_at <= pgswarm.clock() then '-infinity' else least(l.next_at, v_at) end
     where l.swarm_id = v_swarm and (l.head_at >= v_at or l.next_at > v_at);
  end loop;
end
$$;
