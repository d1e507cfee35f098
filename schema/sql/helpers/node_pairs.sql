-- The nodes of two trees that stand in the same place: root by root, then each parent's children by set, position and try. A node
-- that has no partner is alone in its pair, and so is all below it.
create or replace function pgswarm.node_pairs(swarm_id uuid, other_id uuid) returns table (here uuid, there uuid)
language sql stable set enable_seqscan = off set jit = off as $$
  with recursive pair as (
    select a.root_node_id as here, b.root_node_id as there
      from pgswarm.swarm a, pgswarm.swarm b
     where a.swarm_id = node_pairs.swarm_id and b.swarm_id = node_pairs.other_id
    union all
    select k.here, k.there
      from pair p
     cross join lateral (
       select a.node_id as here, b.node_id as there
         from pgswarm.placed_children(node_pairs.swarm_id, p.here) a
         full join pgswarm.placed_children(node_pairs.other_id, p.there) b using (round, place, try)) k
  )
  select p.here, p.there from pair p
$$;

-- The children of a node with their places: which set of children (counted, for a fork counts activations on), where in it, and
-- whether it is the first of its place or the replacement of one. `offset 0` keeps it a walk along node_parent_idx.
create or replace function pgswarm.placed_children(swarm_id uuid, parent_id uuid)
returns table (node_id uuid, round bigint, place integer, try bigint)
language sql stable as $$
  select n.node_id, dense_rank() over (order by n.spawn_round), n.position,
         row_number() over (partition by n.spawn_round, n.position order by n.created_at, n.node_id)
    from (select k.* from pgswarm.node k where k.parent_id = placed_children.parent_id offset 0) n
   where n.swarm_id = placed_children.swarm_id
$$;
