-- Keeps what a swarm found out of the person whose it is: every swarm of theirs goes by it. {expertise, involvement: never,
-- important or always, notes}. The newest interview counts.
create or replace function pgswarm.keep_profile(swarm_id uuid, profile jsonb) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(keep_profile.swarm_id);
  perform pgswarm.write_profile((select s.owner_id from pgswarm.swarm s where s.swarm_id = keep_profile.swarm_id),
                                keep_profile.profile, keep_profile.swarm_id);
end
$$;
