-- What a version of an action that a swarm made touched there: who ran it, what they ordered, who read their reports (or reports that
-- stand on these), each with the files and entries that it wrote. By node, from behind `after`.
create or replace function pgswarm.touched_nodes(
  swarm_id uuid, action_id text, version integer, after uuid default null, max_nodes integer default 100
) returns table (
  node_id uuid, how text, depth integer, action text, action_version integer, status text, outcome text, directive text,
  files text[], entries text[])
language plpgsql stable security definer set search_path = pgswarm, pg_temp set jit = off as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(touched_nodes.swarm_id);
  return query
  with recursive ran as materialized (
    select n.node_id, n.parent_id
      from pgswarm.node n
     where n.swarm_id = touched_nodes.swarm_id and n.action = touched_nodes.action_id and n.action_version = touched_nodes.version
       and n.action like 'created/%'
  ),
  ordered as (
    select n.node_id
      from ran r join pgswarm.node n on n.swarm_id = touched_nodes.swarm_id and n.parent_id = r.node_id
    union
    select n.node_id
      from ordered o join pgswarm.node n on n.swarm_id = touched_nodes.swarm_id and n.parent_id = o.node_id
  ),
  informed as (
    select r.parent_id as node_id from ran r where r.parent_id is not null
    union
    select n.parent_id
      from informed i join pgswarm.node n on n.swarm_id = touched_nodes.swarm_id and n.node_id = i.node_id
     where n.parent_id is not null
  ),
  page as materialized (
    select t.node_id, min(t.how) as how
      from (select r.node_id, 1 as how from ran r union all select o.node_id, 2 from ordered o
            union all select i.node_id, 3 from informed i) t
     where touched_nodes.after is null or t.node_id > touched_nodes.after
     group by t.node_id
     order by t.node_id
     limit least(greatest(touched_nodes.max_nodes, 1), 1001)
  ),
  filed as materialized (
    select f.node_id, array_agg(distinct f.path order by f.path) as paths
      from pgswarm.workspace_file f join page p on p.node_id = f.node_id
     where f.swarm_id = touched_nodes.swarm_id group by 1
  ),
  wrote as materialized (
    select w.node_id, array_agg(distinct w.path order by w.path) as paths
      from (select e.author_node_id as node_id, e.path from pgswarm.space_entry e where e.scope_id = touched_nodes.swarm_id
            union all
            select v.author_node_id, v.path from pgswarm.entry_version v where v.swarm_id = touched_nodes.swarm_id) w
      join page p on p.node_id = w.node_id
     group by 1
  )
  select p.node_id, (array['ran', 'ordered', 'informed'])[p.how], n.depth, n.action, n.action_version, n.status, n.outcome,
         n.directive, coalesce(f.paths, '{}'), coalesce(w.paths, '{}')
    from page p
    join pgswarm.node n on n.swarm_id = touched_nodes.swarm_id and n.node_id = p.node_id
    left join filed f on f.node_id = p.node_id
    left join wrote w on w.node_id = p.node_id
   order by p.node_id;
end
$$;
