-- It was done: keeps what came of it, whoever holds the node by now.
create or replace function pgswarm.end_effect(swarm_id uuid, node_id uuid, effect_key text, result jsonb) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.lock_swarms(array[end_effect.swarm_id]);
  update pgswarm.effect e set state = 'done', result = end_effect.result, finished_at = pgswarm.clock()
   where e.swarm_id = end_effect.swarm_id and e.node_id = end_effect.node_id and e.key = end_effect.effect_key
     and e.state <> 'done';
end
$$;
