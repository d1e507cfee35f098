-- Forgets what is known of a person: for all swarms of theirs, and in the memory of those that have not ended. False: nothing was
-- known. What models were asked stays in a swarm's history until it is deleted.
create or replace function pgswarm.erase_profile(owner uuid default null) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_owner uuid := pgswarm.owner_for(erase_profile.owner);
  v_swarms uuid[];
  v_swarm uuid;
  v_entry uuid;
  v_known boolean;
begin
  select array_agg(s.swarm_id) into v_swarms
    from pgswarm.swarm s
    join pgswarm.space_entry e on e.scope_id = s.swarm_id and e.space = 'memory' and e.path = 'user/profile.json'
   where s.owner_id is not distinct from v_owner and s.status <> 'terminated';
  perform pgswarm.lock_swarms(coalesce(v_swarms, '{}'));
  delete from pgswarm.profile p where p.owner_id is not distinct from v_owner;
  v_known := found;
  for v_swarm, v_entry in
    select s.swarm_id, e.entry_id
      from pgswarm.swarm s
      join pgswarm.space_entry e on e.scope_id = s.swarm_id and e.space = 'memory' and e.path = 'user/profile.json'
     where s.swarm_id = any (v_swarms) and s.status <> 'terminated'
     order by s.swarm_id
  loop
    perform pgswarm.drop_entries(pgswarm.sight_of(v_swarm), array[v_entry], pgswarm.next_event_at(v_swarm), null);
    v_known := true;
  end loop;
  return v_known;
end
$$;
