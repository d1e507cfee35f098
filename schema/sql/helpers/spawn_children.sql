-- Makes the children of nodes that have just begun to wait for them: rows, events, what is ready. Set-based; the callers hold
-- the swarms' locks. Returns the counters of the swarms as they stand then (see `apply_acts`).
-- The many children of one node are made a thousand at a time: what a statement keeps in memory then stays in the cache.
create or replace function pgswarm.spawn_children(
  spawners pgswarm.spawner[], seqs bigint[], nodes integer[], actor text,
  child_of integer[], child_ids uuid[], child_actions text[], child_directives text[], child_args jsonb[],
  child_priorities smallint[], out new_seqs bigint[], out new_nodes integer[]
)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_slice integer := case when spawners[1].children = cardinality(child_of) then 1000 else cardinality(child_of) end;
  v_last integer;
  v_stem text := pgswarm.id_stem(pgswarm.new_id());
begin
  new_seqs := spawn_children.seqs;
  new_nodes := spawn_children.nodes;
  for i in 1 .. cardinality(spawners) loop
    new_seqs[spawners[i].lane_no] := new_seqs[spawners[i].lane_no] + spawners[i].children;
    new_nodes[spawners[i].lane_no] := new_nodes[spawners[i].lane_no] + spawners[i].counted;
  end loop;
  for v_first in 0 .. cardinality(child_of) - 1 by v_slice loop
    v_last := v_first + v_slice;
    with parent as materialized (  -- parents first: `base` is how many events of its swarm come before its children's
      select s.*, sum(s.children) over (partition by s.lane_no order by s.depth, s.act) - s.children as base
        from unnest(spawn_children.spawners) s
    ),
    made as (
      insert into pgswarm.node as n (
        swarm_id, node_id, parent_id, depth, position, action, action_version, directive, directive_blob, args, max_attempts,
        timeout_s, priority, available_at, spawn_round, created_at, updated_at)
      select p.swarm_id, coalesce(c.node_id, pgswarm.nth_id(v_stem, v_first + c.o)), p.node_id, p.depth + 1,
             v_first + (row_number() over (partition by c.act order by c.o))::integer - 1, c.action,
             case when c.action like 'created/%' then pgswarm.created_version(p.swarm_id, c.action) else d.version end,
             pgswarm.row_text(c.directive), pgswarm.blob_of(c.directive), coalesce(c.args, '{}'), d.max_attempts, d.timeout_s,
             least(greatest(coalesce(c.priority, p.priority), 0), 2), p.at, p.activation, p.at, p.at
        from parent p
        join unnest(child_of[v_first + 1 : v_last], child_ids[v_first + 1 : v_last], child_actions[v_first + 1 : v_last],
                    child_directives[v_first + 1 : v_last], child_args[v_first + 1 : v_last], child_priorities[v_first + 1 : v_last])
             with ordinality c(act, node_id, action, directive, args, priority, o) on c.act = p.act
        join pgswarm.action d on d.action_id = case when c.action like 'created/%' then 'action/run' else c.action end
      returning n.swarm_id, n.node_id, n.parent_id, n.position, n.priority, n.available_at, n.action, pgswarm.created_frame(n) as frame
    ),
    readied as (
      insert into pgswarm.ready (swarm_id, priority, available_at, node_id, action)
      select m.swarm_id, m.priority, m.available_at, m.node_id, m.action from made m
    )
    insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
    select m.swarm_id, spawn_children.seqs[p.lane_no] + p.base + m.position + 1, m.node_id, 'node.created', 'spawn',
           spawn_children.actor, m.available_at, new_nodes[p.lane_no], m.frame
      from made m
      join parent p on p.node_id = m.parent_id;
  end loop;
end
$$;
