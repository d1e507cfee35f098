-- Terminates a node and all that lives below it, closes their questions, takes them off the ready list. The caller holds the
-- swarm's lock. One event for each, deepest first, all at the same moment.
create or replace function pgswarm.cancel_subtree(swarm_id uuid, node_id uuid, at timestamptz) returns void
language plpgsql volatile
set enable_hashjoin = on set jit = off as $$
#variable_conflict use_column
declare
  v_nodes uuid[];
begin
  if exists (select from pgswarm.swarm s
              where s.swarm_id = cancel_subtree.swarm_id and s.root_node_id = cancel_subtree.node_id) then
    select array_agg(n.node_id) into v_nodes
      from pgswarm.node n where n.swarm_id = cancel_subtree.swarm_id and n.status <> 'terminated';
  else
    with recursive below as (
      select n.node_id, n.status from pgswarm.node n
       where n.swarm_id = cancel_subtree.swarm_id and n.node_id = cancel_subtree.node_id
      union all
      select c.node_id, c.status
        from below b
       cross join lateral (select n.node_id, n.status from pgswarm.node n where n.parent_id = b.node_id offset 0) c
       where b.status <> 'terminated'
    )
    select array_agg(b.node_id) into v_nodes from below b where b.status <> 'terminated';
  end if;
  delete from pgswarm.ready r where r.swarm_id = cancel_subtree.swarm_id and r.node_id = any (v_nodes);
  with closed as (
    update pgswarm.question q
       set closed_at = cancel_subtree.at, closed_reason = 'node_terminated'
     where q.swarm_id = cancel_subtree.swarm_id and q.closed_at is null and q.node_id = any (v_nodes)
    returning q.node_id, q.question_id, pgswarm.question_frame(q) as frame
  )
  insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
  select cancel_subtree.swarm_id, last.seq + row_number() over (order by c.question_id), c.node_id, 'question.closed', 'cancel',
         pgswarm.current_actor(), cancel_subtree.at, last.nodes, c.frame
    from closed c
   cross join lateral (select e.seq, e.nodes from pgswarm.event e
                        where e.swarm_id = cancel_subtree.swarm_id order by e.seq desc limit 1) last;
  perform pgswarm.apply_acts(
    null, array_fill(cancel_subtree.swarm_id, array[cardinality(v_nodes)]), v_nodes, '{}',
    array_fill('cancel'::text, array[cardinality(v_nodes)]), '{}', '{}', '{}', '{}', '{}', at => cancel_subtree.at);
end
$$;
