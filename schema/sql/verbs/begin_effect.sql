-- Before something is done outside the database: writes the intention. The verdicts:
--   go         do it, then end_effect
--   done       it was done; `result` is what came of it
--   ambiguous  an earlier attempt began it and nobody knows whether it happened: a person must say (settle_effect)
--   fenced     the node is not the caller's any more
create or replace function pgswarm.begin_effect(
  swarm_id uuid, node_id uuid, epoch integer, effect_key text, out verdict text, out result jsonb
)
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_effect pgswarm.effect;
begin
  perform pgswarm.lock_swarms(array[begin_effect.swarm_id]);
  perform from pgswarm.node n
    where n.swarm_id = begin_effect.swarm_id and n.node_id = begin_effect.node_id and n.status = 'running'
      and n.lease_epoch = begin_effect.epoch;
  if not found then
    verdict := 'fenced';
    return;
  end if;
  select e.* into v_effect from pgswarm.effect e
   where e.swarm_id = begin_effect.swarm_id and e.node_id = begin_effect.node_id and e.key = begin_effect.effect_key;
  if not found then
    insert into pgswarm.effect (swarm_id, node_id, key, lease_epoch, started_at)
    values (begin_effect.swarm_id, begin_effect.node_id, begin_effect.effect_key, begin_effect.epoch, pgswarm.clock());
    verdict := 'go';
  elsif v_effect.state = 'done' then
    verdict := 'done';
    result := v_effect.result;
  else
    update pgswarm.effect e set state = 'ambiguous'
     where e.swarm_id = v_effect.swarm_id and e.node_id = v_effect.node_id and e.key = v_effect.key and e.state = 'intended';
    verdict := 'ambiguous';
  end if;
end
$$;
