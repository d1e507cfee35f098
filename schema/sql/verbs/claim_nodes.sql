-- Claims up to `claim_limit` nodes of up to `lane_limit` swarms, drawn by a lottery weighted with their shares, and then up
-- to `fresh_limit` swarms' first node where a swarm has nothing running.
--
-- A worker that takes some actions only may have drawn none of the lanes that have them: then it looks for one among
-- 2,000 lanes, drawn alike.
--
-- Locks: only tries them. A swarm that another worker is committing is left to it.
create or replace function pgswarm.claim_nodes(
  worker_id uuid, claim_limit integer, lane_limit integer, fresh_limit integer, action_patterns text[]
) returns setof pgswarm.advanced
language plpgsql volatile set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_now timestamptz := pgswarm.clock();
  v_lane record;
  v_lanes uuid[] := '{}';
  v_fresh uuid[] := '{}';
  v_apt uuid[] := '{}';
  v_seen integer := 0;
  v_claimed integer := 0;
  v_part integer;
begin
  if not exists (select from pgswarm.worker w
                  where w.worker_id = claim_nodes.worker_id and w.stopped_at is null and not w.draining) then
    return;
  end if;
  if claim_limit > 0 then
    for v_lane in
      select l.swarm_id
        from pgswarm.lane l
       where l.claim_at <= v_now and l.deadline_at > v_now
       order by -ln(1 - random()) / l.share
       limit 4 * lane_limit
    loop
      v_seen := v_seen + 1;
      if pg_try_advisory_xact_lock(pgswarm.lock_key(v_lane.swarm_id)) then
        v_lanes := v_lanes || v_lane.swarm_id;
        exit when cardinality(v_lanes) >= least(lane_limit, claim_limit);
      end if;
    end loop;
    if cardinality(v_lanes) > 0 then
      return query select * from pgswarm.claim_from(claim_nodes.worker_id, v_lanes, claim_limit, action_patterns, v_now);
      get diagnostics v_claimed = row_count;
    end if;
  end if;
  if fresh_limit > 0 then
    for v_lane in
      select l.swarm_id
        from pgswarm.lane l
       where l.claim_at <= v_now and l.deadline_at > v_now and l.swarm_id <> all (v_lanes)
         and l.swarm_id not in (select w.swarm_id from pgswarm.working_swarms() w(swarm_id))
       order by -ln(1 - random()) / l.share
       limit 4 * fresh_limit
    loop
      v_seen := v_seen + 1;
      if pg_try_advisory_xact_lock(pgswarm.lock_key(v_lane.swarm_id)) then
        v_fresh := v_fresh || v_lane.swarm_id;
        exit when cardinality(v_fresh) >= fresh_limit;
      end if;
    end loop;
    if cardinality(v_fresh) > 0 then
      return query select * from pgswarm.claim_from(
        claim_nodes.worker_id, v_fresh, cardinality(v_fresh), action_patterns, v_now);
      get diagnostics v_part = row_count;
      v_claimed := v_claimed + v_part;
    end if;
  end if;
  if v_claimed = 0 and v_seen > 0 and claim_limit > 0 and action_patterns is not null then
    for v_lane in
      select d.swarm_id
        from (select l.swarm_id, -ln(1 - random()) / l.share as turn
                from pgswarm.lane l
               where l.claim_at <= v_now and l.deadline_at > v_now
               order by 2 limit 2000) d
       where exists (select from pgswarm.ready r
                      where r.swarm_id = d.swarm_id and r.available_at <= v_now and r.action like any (action_patterns) offset 0)
       order by d.turn
       limit 4 * lane_limit
    loop
      if pg_try_advisory_xact_lock(pgswarm.lock_key(v_lane.swarm_id)) then
        v_apt := v_apt || v_lane.swarm_id;
        exit when cardinality(v_apt) >= least(lane_limit, claim_limit);
      end if;
    end loop;
    if cardinality(v_apt) > 0 then
      return query select * from pgswarm.claim_from(claim_nodes.worker_id, v_apt, claim_limit, action_patterns, v_now);
      get diagnostics v_claimed = row_count;
    end if;
  end if;
  if v_claimed > 0 and exists (select from pgswarm.lane l where l.claim_at <= v_now and l.deadline_at > v_now) then
    return next pgswarm.told('more', null);
  elsif v_claimed = 0 then
    return next pgswarm.told('idle', case
      when v_seen > 0 and cardinality(v_lanes) = 0 and cardinality(v_fresh) = 0 then 0
      when v_seen > 0 then 1
      else (select greatest(extract(epoch from l.claim_at - v_now), 0)
              from pgswarm.lane l where l.claim_at < 'infinity' and l.claim_at > v_now order by l.claim_at limit 1)
    end);
  end if;
end
$$;
