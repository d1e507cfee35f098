-- One swarm's tree: where each node stands, how many nodes it has below it (itself too), and what they cost. Only that swarm's
-- rows are read, each once or twice. `path` holds the rounds and positions from the root down, written so that they sort.
create or replace function pgswarm.swarm_tree(swarm_id uuid)
returns table (
  node_id uuid, parent_id uuid, depth integer, path text, action text, directive text, status text, outcome text,
  subtree_nodes bigint, subtree_cost_usd numeric)
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_nestloop = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_ids uuid[];
  v_parents integer[];  -- places in v_ids
  v_nodes bigint[];
  v_costs numeric[];
  v_parent integer;
begin
  perform pgswarm.require_swarm(swarm_tree.swarm_id);
  with cost as (
    select l.node_id, sum(l.cost_usd) as cost_usd from pgswarm.llm_call l where l.swarm_id = swarm_tree.swarm_id group by 1
  ),
  numbered as materialized (
    select n.node_id, n.parent_id, coalesce(c.cost_usd, 0) as cost_usd, (row_number() over (order by n.depth))::integer as place
      from pgswarm.node n left join cost c on c.node_id = n.node_id
     where n.swarm_id = swarm_tree.swarm_id
  )
  select array_agg(n.node_id order by n.place), array_agg(p.place order by n.place), array_agg(1 order by n.place),
         array_agg(n.cost_usd order by n.place)
    into v_ids, v_parents, v_nodes, v_costs
    from numbered n left join numbered p on p.node_id = n.parent_id;
  for place in reverse cardinality(v_ids)..2 loop  -- the deepest first: each is whole when its parent takes it
    v_parent := v_parents[place];
    v_nodes[v_parent] := v_nodes[v_parent] + v_nodes[place];
    if v_costs[place] <> 0 then
      v_costs[v_parent] := v_costs[v_parent] + v_costs[place];
    end if;
  end loop;
  return query
  with recursive tree as (
    select n.node_id, n.parent_id, n.depth, n.action, n.directive, n.status, n.outcome, '1'::text as path
      from pgswarm.node n
     where n.swarm_id = swarm_tree.swarm_id and n.node_id = v_ids[1]
    union all
    -- `r`: what replaces a node comes after all that was below that one
    select c.node_id, c.parent_id, c.depth, c.action, c.directive, c.status, c.outcome,
           t.path || '.' || lpad(c.spawn_round::text, 5, '0') || '-' || lpad(c.position::text, 7, '0')
             || case when c.retry_of is null then '' else 'r' || to_char(c.created_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') end
      from tree t
     cross join lateral (select k.* from pgswarm.node k where k.parent_id = t.node_id offset 0) c
  )
  select t.node_id, t.parent_id, t.depth, t.path, t.action, t.directive, t.status, t.outcome, s.nodes, s.cost_usd
    from tree t
    join unnest(v_ids, v_nodes, v_costs) as s(node_id, nodes, cost_usd) on s.node_id = t.node_id;
end
$$;
