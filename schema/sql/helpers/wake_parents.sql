-- Counts ended children off their parents and wakes those that wait for no more. The callers hold the swarms' locks.
-- Returns the counters of the swarms as they stand then, and in which swarms a node woke, and when.
create or replace function pgswarm.wake_parents(
  parents_of uuid[], parents uuid[], swarms uuid[], seqs bigint[], ats timestamptz[], nodes integer[], actor text,
  out new_seqs bigint[], out woken_in uuid[], out woken_at timestamptz[]
)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_lanes integer[];
begin
  with ended as materialized (
    select f.*, row_number() over (partition by f.lane_no, f.open_children = f.ended
                                   order by f.depth desc, f.position, f.node_id) as rank
      from (select t.swarm_id, t.parent_id as node_id, array_position(swarms, t.swarm_id) as lane_no, count(*)::integer as ended,
                   x.row_at, x.open_children, x.depth, x.position
              from unnest(parents_of, parents) t(swarm_id, parent_id)
             cross join lateral (
               select p.ctid as row_at, p.open_children, p.depth, p.position
                 from pgswarm.node p
                where p.swarm_id = t.swarm_id and p.node_id = t.parent_id and p.status = 'awaiting_children'
               offset 0) x
             group by t.swarm_id, t.parent_id, x.row_at, x.open_children, x.depth, x.position) f
  ),
  woken as (
    update pgswarm.node p
       set open_children = e.open_children - e.ended,
           status = case when e.open_children = e.ended then 'pending' else p.status end,
           available_at = case when e.open_children = e.ended then ats[e.lane_no] else p.available_at end,
           updated_at = ats[e.lane_no]
      from ended e
     where p.ctid = e.row_at
    returning p.swarm_id, p.node_id, p.status, p.priority, p.available_at, p.action, e.lane_no, e.rank,
              pgswarm.changed_frame(p) as frame
  ),
  readied as (
    insert into pgswarm.ready (swarm_id, priority, available_at, node_id, action)
    select w.swarm_id, w.priority, w.available_at, w.node_id, w.action from woken w where w.status = 'pending'
  ),
  happened as (
    insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
    select w.swarm_id, seqs[w.lane_no] + w.rank, w.node_id, 'node.pending', 'children_done', actor, w.available_at,
           nodes[w.lane_no], w.frame
      from woken w where w.status = 'pending'
  )
  select array_agg(w.lane_no), array_agg(w.swarm_id), array_agg(w.available_at) into v_lanes, woken_in, woken_at
    from woken w where w.status = 'pending';
  new_seqs := pgswarm.counted_on(seqs, v_lanes);
end
$$;

-- The newest seqs of some swarms after one more event for each element of `lanes`, which names a swarm by its place.
create or replace function pgswarm.counted_on(seqs bigint[], lanes integer[]) returns bigint[]
language plpgsql immutable as $$
begin
  if cardinality(seqs) = 1 then
    seqs[1] := seqs[1] + coalesce(cardinality(lanes), 0);
  elsif lanes is not null then
    for i in 1 .. cardinality(lanes) loop
      seqs[lanes[i]] := seqs[lanes[i]] + 1;
    end loop;
  end if;
  return seqs;
end
$$;
