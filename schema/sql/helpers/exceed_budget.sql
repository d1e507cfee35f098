-- A swarm has reached a limit: it is paused (if a person has paused it, for this reason now), what runs is released, one
-- event says so. The caller holds the swarm's lock; `at` is the moment of the verb that reached the limit.
create or replace function pgswarm.exceed_budget(swarm_id uuid, limit_name text, at timestamptz default null) returns setof pgswarm.advanced
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_at timestamptz;
  v_row pgswarm.swarm;
  v_seq bigint;
begin
  update pgswarm.swarm s set status = 'paused', paused_reason = 'budget_exceeded'
   where s.swarm_id = exceed_budget.swarm_id and s.status <> 'terminated' and s.paused_reason is distinct from 'budget_exceeded'
  returning s.* into v_row;
  if not found then
    return;
  end if;
  v_at := coalesce(exceed_budget.at, pgswarm.next_event_at(exceed_budget.swarm_id));
  update pgswarm.lane l set paused = true where l.swarm_id = exceed_budget.swarm_id;
  return query select * from pgswarm.release_running(exceed_budget.swarm_id, v_at);
  v_seq := pgswarm.append_event(exceed_budget.swarm_id, v_at, 'swarm.budget_exceeded', null, null,
    pgswarm.swarm_frame(v_row) || jsonb_build_object('limit', limit_name));
  return next pgswarm.wrote(exceed_budget.swarm_id, v_seq, v_seq);
end
$$;

-- Hands back every running node of a swarm, as if it had not been claimed.
create or replace function pgswarm.release_running(swarm_id uuid, at timestamptz) returns setof pgswarm.advanced
language sql volatile as $$
  select a.*
    from (select array_agg(n.swarm_id) as swarms, array_agg(n.node_id) as nodes, array_agg(n.lease_epoch) as epochs,
                 array_agg('release'::text) as verbs
            from pgswarm.node n
           where n.swarm_id = release_running.swarm_id and n.status = 'running'
          having count(*) > 0) r
   cross join lateral pgswarm.apply_acts(
     null, r.swarms, r.nodes, r.epochs, r.verbs, '{}', '{}', '{}', '{}', '{}', at => release_running.at) a
$$;
