-- A page of a swarm's events, in order: those after `after_seq`. Not from the table, whose row policy would look up the swarm
-- for each of them.
create or replace function pgswarm.read_events(swarm_id uuid, after_seq bigint default 0, max_events integer default 1000)
returns setof pgswarm.event
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(read_events.swarm_id);
  return query
    select e.*
      from pgswarm.event e
     where e.swarm_id = read_events.swarm_id and e.seq > read_events.after_seq
     order by e.seq
     limit least(greatest(max_events, 1), 10000);
end
$$;
