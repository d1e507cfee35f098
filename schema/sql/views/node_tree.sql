-- The tree, in reading order by (swarm_id, path). Where one swarm is asked for, its nodes alone are read.
create or replace view pgswarm.node_tree with (security_invoker = true) as
select s.swarm_id, t.node_id, t.parent_id, t.depth, t.path, t.action, t.directive, t.status, t.outcome,
       t.subtree_nodes, t.subtree_cost_usd
  from pgswarm.swarm s
 cross join lateral pgswarm.swarm_tree(s.swarm_id) t;
