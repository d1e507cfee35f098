-- What a person says of themselves, for all swarms of theirs, in the place of what was known. `owner` as in `start_swarm`; in SQL,
-- without an account, it is that of the swarms that nobody owns.
create or replace function pgswarm.set_profile(profile jsonb, owner uuid default null) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.write_profile(pgswarm.owner_for(set_profile.owner), set_profile.profile, null);
end
$$;
