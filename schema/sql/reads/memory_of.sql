-- The swarm whose memory an import of `swarm_id` goes into: `into_swarm`, where that is one of the same owner; null: itself.
create or replace function pgswarm.memory_of(swarm_id uuid, into_swarm uuid) returns uuid
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_into uuid := coalesce(memory_of.into_swarm, memory_of.swarm_id);
begin
  perform pgswarm.require_swarm(memory_of.swarm_id);
  if not exists (select from pgswarm.swarm a join pgswarm.swarm b on b.owner_id is not distinct from a.owner_id
                  where a.swarm_id = memory_of.swarm_id and b.swarm_id = v_into) then
    raise exception 'swarm % is not known', v_into
      using errcode = 'PS404', detail = 'into_swarm', hint = 'name a swarm of the same owner';
  end if;
  return v_into;
end
$$;
