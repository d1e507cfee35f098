-- Claims from swarms whose locks the caller holds: the oldest ready nodes by priority, shared out evenly. Starts at each
-- lane's head, so that rows that are gone are not walked again; moves the head when a lane runs dry, after a wide claim, else
-- now and then.
create or replace function pgswarm.claim_from(
  worker_id uuid, lanes uuid[], claim_limit integer, action_patterns text[], at timestamptz
) returns setof pgswarm.advanced
language plpgsql volatile
set enable_seqscan = off set enable_hashjoin = on set enable_mergejoin = off set enable_bitmapscan = off
set jit = off set plan_cache_mode = force_generic_plan set work_mem = '64MB' as $$
#variable_conflict use_column
declare
  v_seqs bigint[];
  v_ats timestamptz[];
  v_nodes integer[];
  v_head_ats timestamptz[];
  v_head_ids uuid[];
  v_messages boolean[];
  v_swarm_ids uuid[];
  v_node_ids uuid[];
  v_lane_nos integer[];
  v_due_ats timestamptz[];
  v_claim bigint;
  v_actor text := pgswarm.current_actor();
  v_quota integer := ceil(claim_from.claim_limit::double precision / cardinality(claim_from.lanes));
begin
  select array_agg(e.seq order by o), array_agg(greatest(e.at + interval '1 microsecond', claim_from.at) order by o),
         array_agg(e.nodes order by o), array_agg(l.head_at order by o), array_agg(l.head_id order by o),
         array_agg(l.has_messages order by o)
    into v_seqs, v_ats, v_nodes, v_head_ats, v_head_ids, v_messages
    from unnest(claim_from.lanes) with ordinality u(swarm_id, o)
    left join lateral (select e.seq, e.at, e.nodes from pgswarm.event e
                        where e.swarm_id = u.swarm_id order by e.seq desc limit 1) e on true
    left join lateral (select l.head_at, l.head_id, l.has_messages from pgswarm.lane l
                        where l.swarm_id = u.swarm_id and not l.paused offset 0) l on true;

  -- priority by priority, each from the lane's head on; the outer limit ends the walk as soon as the quota is full
  with pick as materialized (
    select r.*
      from unnest(claim_from.lanes, v_head_ats, v_head_ids) with ordinality q(swarm_id, head_at, head_id, lane_no)
     cross join lateral (
       select q.lane_no, r.*
         from (values (0), (1), (2)) v(priority)
        cross join lateral (
          select r.ctid as row_at, r.swarm_id, r.node_id, r.available_at
            from pgswarm.ready r
           where r.swarm_id = q.swarm_id and r.priority = v.priority and (r.available_at, r.node_id) >= (q.head_at, q.head_id)
             and r.available_at <= claim_from.at and (action_patterns is null or r.action like any (action_patterns))
           order by r.available_at, r.node_id
           limit v_quota
             for update skip locked) r
        limit v_quota) r
     limit claim_from.claim_limit
  ),
  taken as (delete from pgswarm.ready r where r.ctid = any (array(select row_at from pick)))
  select array_agg(p.swarm_id), array_agg(p.node_id), array_agg(p.lane_no), array_agg(p.available_at)
    into v_swarm_ids, v_node_ids, v_lane_nos, v_due_ats
    from pick p;

  if cardinality(v_node_ids) = 1 then
    return next pgswarm.claim_one(
      claim_from.worker_id, v_swarm_ids[1], v_node_ids[1], v_seqs[v_lane_nos[1]], v_nodes[v_lane_nos[1]], v_ats[v_lane_nos[1]],
      v_due_ats[1], v_messages[v_lane_nos[1]], v_actor);
    return next pgswarm.wrote(v_swarm_ids[1], v_seqs[v_lane_nos[1]] + 1, v_seqs[v_lane_nos[1]] + 1);
  elsif v_node_ids is not null then
    v_claim := nextval('pgswarm.claim_claim_id_seq');
    return query
    with claimed as (
      update pgswarm.node n
         set status = 'running', lease_owner = claim_from.worker_id, lease_epoch = n.lease_epoch + 1,
             lease_expires_at = claim_from.at + n.timeout_s * interval '1 second', attempt = n.attempt + 1,
             activation = n.activation + (n.attempt = 0)::integer, updated_at = v_ats[j.lane_no]
        from (select p.lane_no, p.due_at, x.row_at
                from unnest(v_swarm_ids, v_node_ids, v_lane_nos, v_due_ats) p(swarm_id, node_id, lane_no, due_at)
               cross join lateral (
                 select n.ctid as row_at from pgswarm.node n
                  where n.swarm_id = p.swarm_id and n.node_id = p.node_id and n.status = 'pending' offset 0) x) j
       where n.ctid = j.row_at
      returning n.swarm_id, n.node_id, n.parent_id, n.depth, n.action, n.directive, n.directive_blob, n.args, n.handler, n.state,
                n.attempt, n.activation, n.lease_epoch, n.lease_expires_at, n.timeout_s, n.max_attempts, j.lane_no, j.due_at,
                pgswarm.changed_frame(n) as frame
    ),
    held as (
      insert into pgswarm.claim (claim_id, worker_id, deadline_at, swarm_ids, node_ids) overriding system value
      select v_claim, claim_from.worker_id, min(c.lease_expires_at), v_swarm_ids, v_node_ids from claimed c
    ),
    appended as (
      insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
      select c.swarm_id, v_seqs[c.lane_no] + row_number() over (partition by c.lane_no order by c.node_id), c.node_id,
             'node.running', 'claim', v_actor, v_ats[c.lane_no], v_nodes[c.lane_no], c.frame
        from claimed c
      returning swarm_id, seq
    )
    select 'claimed', c.swarm_id, c.node_id, v_claim, c.parent_id, c.depth, c.action,
           pgswarm.whole_text(c.directive, c.directive_blob), c.args, c.handler, c.state, c.attempt, c.activation, c.lease_epoch,
           c.timeout_s, c.max_attempts,
           case when c.activation > 1 or v_messages[c.lane_no] then pgswarm.node_context(c.swarm_id, c.node_id, v_messages[c.lane_no]) end,
           extract(epoch from claim_from.at - c.due_at)::double precision * 1000, null::bigint, null::bigint, null::double precision
      from claimed c
    union all
    select (pgswarm.wrote(a.swarm_id, min(a.seq), max(a.seq))).* from appended a group by a.swarm_id;
  end if;

  update pgswarm.lane l
     set head_at = coalesce(j.at, 'infinity'), head_id = coalesce(j.node_id, '00000000-0000-0000-0000-000000000000'),
         next_at = case when j.at <= claim_from.at then '-infinity' else coalesce(j.at, 'infinity') end
    from (select m.at, m.node_id, x.row_at
            from unnest(claim_from.lanes, v_head_ats, v_head_ids) s(swarm_id, head_at, head_id)
            left join lateral (
              select y.at, y.node_id
                from (values (0), (1), (2)) v(priority)
               cross join lateral (
                 select r.available_at as at, r.node_id from pgswarm.ready r
                  where r.swarm_id = s.swarm_id and r.priority = v.priority
                    and (r.available_at, r.node_id) >= (s.head_at, s.head_id)
                  order by r.available_at, r.node_id limit 1) y
               order by 1, 2 limit 1) m on true
           cross join lateral (select l.ctid as row_at from pgswarm.lane l where l.swarm_id = s.swarm_id offset 0) x
           where s.head_at is not null and (m.at is null or m.at > claim_from.at or v_quota >= 32 or random() < 0.05)) j
   where l.ctid = j.row_at;
end
$$;
