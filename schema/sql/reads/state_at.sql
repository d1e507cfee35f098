-- The nodes of a swarm as they were after event `seq`: the fold of each node's events, its texts as rows hold them. Below 1
-- none, above the top the newest.
--
-- A node that no later event is about is its row; one that had only been spawned is its row as it was born; frames are read
-- of the others alone, few at any moment. `awaiting_children` counts down without events, so its frame is read, too. Both
-- frames are needed of a node whose directive a person has changed since.
create or replace function pgswarm.state_at(swarm_id uuid, seq bigint) returns setof pgswarm.node
language plpgsql stable security definer
set search_path = pgswarm, pg_temp set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set jit = off set work_mem = '64MB' as $$
#variable_conflict use_column
begin
  perform pgswarm.swarm_status(state_at.swarm_id);
  return query
  with told as materialized (
    select e.node_id, min(e.seq) as born, max(e.seq) filter (where e.seq <= state_at.seq) as upto, max(e.seq) as newest
      from pgswarm.event e
     where e.swarm_id = state_at.swarm_id and e.node_id is not null and e.kind like 'node.%'
     group by e.node_id
  )
  select n.*
    from told t
    join pgswarm.node n on n.swarm_id = state_at.swarm_id and n.node_id = t.node_id
   where t.upto = t.newest and n.status <> 'awaiting_children'
  union all
  select b.*
    from told t
    join pgswarm.node n on n.swarm_id = state_at.swarm_id and n.node_id = t.node_id
   cross join lateral pgswarm.as_born(n) b
   where t.upto = t.born and t.upto < t.newest and n.copied_from is null and n.directive_changed_at is null
  union all
  select r.*
    from told t
    join pgswarm.node n on n.swarm_id = state_at.swarm_id and n.node_id = t.node_id
    join pgswarm.event e on e.swarm_id = state_at.swarm_id and e.seq = t.upto
   cross join lateral pgswarm.with_frame(n, e.data) r
   where t.upto < t.newest and (t.upto > t.born or n.copied_from is not null) and n.directive_changed_at is null
  union all
  select r.*
    from pgswarm.node n
    join told t on t.node_id = n.node_id
    join pgswarm.event e on e.swarm_id = state_at.swarm_id and e.seq = t.upto
   cross join lateral pgswarm.with_frame(n, e.data) r
   where n.swarm_id = state_at.swarm_id and n.status = 'awaiting_children' and t.upto = t.newest
     and n.directive_changed_at is null
  union all
  select r.*
    from pgswarm.node n
    join told t on t.node_id = n.node_id
    join pgswarm.event made on made.swarm_id = state_at.swarm_id and made.seq = t.born
    join pgswarm.event last on last.swarm_id = state_at.swarm_id and last.seq = t.upto
   cross join lateral pgswarm.with_frames(made.data || last.data) r
   where n.swarm_id = state_at.swarm_id and n.directive_changed_at is not null
     and (t.upto < t.newest or n.status = 'awaiting_children');
end
$$;
