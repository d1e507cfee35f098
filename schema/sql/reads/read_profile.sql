-- What is known of the person whose a swarm is; null where that is nothing.
create or replace function pgswarm.read_profile(swarm_id uuid) returns jsonb
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(read_profile.swarm_id);
  return (
    select p.profile from pgswarm.profile p
     where p.owner_id is not distinct from (select s.owner_id from pgswarm.swarm s where s.swarm_id = read_profile.swarm_id));
end
$$;
