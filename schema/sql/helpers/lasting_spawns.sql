-- How many children of each act of a batch count towards the limit of nodes (`counted`, by act), without those of spawns that
-- will make none: of a node that is not the caller's any more, or that will fail by another limit. For the rare batch that
-- seems to pass the limit: what a fenced worker asked for must not stop others.
create or replace function pgswarm.lasting_spawns(
  swarm_ids uuid[], node_ids uuid[], epochs integer[], refused text[], counted integer[]
) returns integer[]
language sql stable set plan_cache_mode = force_generic_plan as $$
  select array_agg(case when l.lasts and (i.refused is null or i.refused = 'depth') then i.counted else 0 end order by i.act)
    from unnest(swarm_ids, node_ids, epochs, refused, counted)
         with ordinality i(swarm_id, node_id, epoch, refused, counted, act)
    left join lateral (
      select n.depth < s.max_depth and (n.activation < s.max_activations or n.action like 'bench/%') as lasts
        from pgswarm.node n
        join pgswarm.swarm s on s.swarm_id = n.swarm_id
       where n.swarm_id = i.swarm_id and n.node_id = i.node_id and n.status = 'running' and n.lease_epoch = i.epoch
      offset 0) l on true
$$;
