-- A person has said whether an ambiguous effect happened: it is done with this result, or it may be tried again.
create or replace function pgswarm.settle_effect(
  swarm_id uuid, node_id uuid, effect_key text, happened boolean, result jsonb
) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(settle_effect.swarm_id);
  perform pgswarm.lock_swarms(array[settle_effect.swarm_id]);
  if happened then
    update pgswarm.effect e set state = 'done', result = settle_effect.result, finished_at = pgswarm.clock()
     where e.swarm_id = settle_effect.swarm_id and e.node_id = settle_effect.node_id and e.key = settle_effect.effect_key
       and e.state = 'ambiguous';
  else
    delete from pgswarm.effect e
     where e.swarm_id = settle_effect.swarm_id and e.node_id = settle_effect.node_id and e.key = settle_effect.effect_key
       and e.state = 'ambiguous';
  end if;
end
$$;
