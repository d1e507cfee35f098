-- A page of a swarm's events, oldest first: those after `after_seq`, at most `max_events` (1 to 1,000). Whole rows: what an event
-- of a node's change leaves out, because it cannot change, comes from the node.
create or replace function pgswarm.read_history(swarm_id uuid, after_seq bigint, max_events integer)
returns table (seq bigint, kind text, verb text, actor text, at timestamptz, node_id uuid, data jsonb)
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.swarm_status(read_history.swarm_id);
  return query
    select e.seq, e.kind, e.verb, e.actor, e.at, e.node_id, coalesce(n.whole, '{}') || e.data
      from pgswarm.event e
      left join lateral (
        select pgswarm.created_frame(k) as whole
          from pgswarm.node k
         where k.swarm_id = e.swarm_id and k.node_id = e.node_id and e.kind like 'node.%' and e.kind <> 'node.created'
        offset 0) n on true
     where e.swarm_id = read_history.swarm_id and e.seq > read_history.after_seq
     order by e.seq
     limit least(greatest(read_history.max_events, 1), 1000);
end
$$;
