-- Ends the swarms whose roots have just ended: outcome and report are the root's. The callers hold the swarms' locks. Returns
-- the counters of the swarms as they stand then.
create or replace function pgswarm.end_swarms(
  ended uuid[], swarms uuid[], seqs bigint[], ats timestamptz[], nodes integer[], actor text
) returns bigint[]
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_lanes integer[];
begin
  with ending as (
    update pgswarm.swarm s
       set status = 'terminated', paused_reason = null, outcome = r.outcome, report = r.report, report_blob = r.report_blob,
           terminated_at = r.terminated_at
      from unnest(ended) e(swarm_id)
     cross join lateral (select n.* from pgswarm.swarm w join pgswarm.node n on n.swarm_id = w.swarm_id and n.node_id = w.root_node_id
                          where w.swarm_id = e.swarm_id offset 0) r
     where s.swarm_id = e.swarm_id
    returning s.swarm_id, array_position(swarms, s.swarm_id) as lane_no, pgswarm.swarm_frame(s) as frame
  ),
  closed_lane as (delete from pgswarm.lane l using ending e where l.swarm_id = e.swarm_id),
  happened as (
    insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
    select e.swarm_id, seqs[e.lane_no] + 1, null, 'swarm.terminated', null, actor, ats[e.lane_no], nodes[e.lane_no], e.frame
      from ending e
  )
  select array_agg(e.lane_no) into v_lanes from ending e;
  return pgswarm.counted_on(seqs, v_lanes);
end
$$;
