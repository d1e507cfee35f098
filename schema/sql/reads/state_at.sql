-- The nodes of a swarm as they were after event `seq`: every node's creation, folded with its last change.
create or replace function pgswarm.state_at(swarm_id uuid, seq bigint) returns setof pgswarm.node
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.swarm_status(state_at.swarm_id);
  return query
  select (jsonb_populate_record(null::pgswarm.node, made.data || coalesce(last.data, '{}'))).*
    from pgswarm.event made
    left join (
      select distinct on (e.node_id) e.node_id, e.data
        from pgswarm.event e
       where e.swarm_id = state_at.swarm_id and e.seq <= state_at.seq and e.node_id is not null
         and e.kind like 'node.%' and e.kind <> 'node.created'
       order by e.node_id, e.seq desc) last on last.node_id = made.node_id
   where made.swarm_id = state_at.swarm_id and made.seq <= state_at.seq and made.kind = 'node.created';
end
$$;
