-- The tree, in reading order by (swarm_id, path). `path` holds the positions from the root down, written so that they sort.
create or replace view pgswarm.node_tree with (security_invoker = true) as
with recursive tree as (
  select n.swarm_id, n.node_id, n.parent_id, n.depth, n.action, n.directive, n.status, n.outcome, '1'::text as path
    from pgswarm.node n
   where n.parent_id is null
  union all
  select c.swarm_id, c.node_id, c.parent_id, c.depth, c.action, c.directive, c.status, c.outcome,
         t.path || '.' || lpad(c.spawn_round::text, 4, '0') || '-' || lpad(c.position::text, 6, '0')
           || case when c.retry_of is null then '' else '-' || to_char(c.created_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') end
    from tree t
   cross join lateral (select k.* from pgswarm.node k where k.parent_id = t.node_id offset 0) c
),
cost as (
  select l.swarm_id, l.node_id, sum(l.cost_usd) as cost_usd from pgswarm.llm_call l group by 1, 2
)
select t.swarm_id, t.node_id, t.parent_id, t.depth, t.path, t.action, t.directive, t.status, t.outcome,
       b.subtree_nodes, b.subtree_cost_usd
  from tree t
 cross join lateral (
   with recursive below as (
     select t.node_id as node_id
     union all
     select k.node_id from below b
      cross join lateral (select c.node_id from pgswarm.node c where c.parent_id = b.node_id offset 0) k
   )
   select count(*) as subtree_nodes, coalesce(sum(c.cost_usd), 0) as subtree_cost_usd
     from below b left join cost c on c.swarm_id = t.swarm_id and c.node_id = b.node_id) b;
