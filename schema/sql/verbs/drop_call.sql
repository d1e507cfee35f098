-- A model gave no answer: the reservation is given back but for `spent_tokens`, at most all of it, and the same part of the
-- money: they count as lost.
create or replace function pgswarm.drop_call(
  swarm_id uuid, node_id uuid, activation integer, call_no integer, request_hash text, spent_tokens integer default 0
) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_call pgswarm.llm_call;
  v_tokens integer;
  v_usd numeric;
begin
  perform pgswarm.lock_swarms(array[drop_call.swarm_id]);
  select c.* into v_call from pgswarm.llm_call c
   where c.swarm_id = drop_call.swarm_id and c.node_id = drop_call.node_id and c.activation = drop_call.activation
     and c.call_no = drop_call.call_no and c.request_hash = drop_call.request_hash and c.finished_at is null;
  if not found then
    return;
  end if;
  v_tokens := greatest(least(drop_call.spent_tokens, v_call.reserved_tokens), 0);
  v_usd := case when v_tokens > 0 then v_call.reserved_cost_usd * v_tokens / v_call.reserved_tokens else 0 end;
  update pgswarm.llm_call c
     set reserved_tokens = 0, reserved_cost_usd = 0, lost_tokens = c.lost_tokens + v_tokens,
         lost_cost_usd = c.lost_cost_usd + v_usd
   where c.swarm_id = v_call.swarm_id and c.node_id = v_call.node_id and c.activation = v_call.activation
     and c.call_no = v_call.call_no and c.request_hash = v_call.request_hash;
  update pgswarm.swarm s
     set spent_input_tokens = s.spent_input_tokens + v_tokens, spent_cost_usd = s.spent_cost_usd + v_usd,
         reserved_tokens = s.reserved_tokens - v_call.reserved_tokens,
         reserved_cost_usd = s.reserved_cost_usd - v_call.reserved_cost_usd
   where s.swarm_id = drop_call.swarm_id;
  perform pgswarm.leave_place(
    v_call.swarm_id, v_call.node_id, v_call.activation, v_call.call_no, v_call.request_hash, v_tokens);
  perform pgswarm.forget_partials(v_call.swarm_id, v_call.node_id, v_call.activation, v_call.call_no);
end
$$;
