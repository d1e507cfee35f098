-- A page of a swarm's events, oldest first: those after `after_seq`, at most `max_events` (1 to 1,000).
create or replace function pgswarm.read_history(swarm_id uuid, after_seq bigint, max_events integer) returns setof pgswarm.event
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.swarm_status(read_history.swarm_id);
  return query
    select e.*
      from pgswarm.event e
     where e.swarm_id = read_history.swarm_id and e.seq > read_history.after_seq
     order by e.seq
     limit least(greatest(read_history.max_events, 1), 1000);
end
$$;
