-- A model has answered: the answer is recorded and paid, whoever holds the node by now. Recorded once; a second answer to the
-- same call changes nothing.
-- A server that reports more than was reserved does not take its swarm past a limit: `llm_call` has what it reports, the swarm
-- counts it up to the limit, and its next call is refused.
-- `fits`: the answer is one that may be given again to whoever asks the same (option `memo`).
create or replace function pgswarm.end_call(
  swarm_id uuid, node_id uuid, activation integer, call_no integer, request_hash text, response jsonb,
  input_tokens integer, output_tokens integer, cost_usd numeric, fits boolean default false
) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_call pgswarm.llm_call;
  v_swarm pgswarm.swarm;
  v_input integer;
begin
  perform pgswarm.lock_swarms(array[end_call.swarm_id]);
  select c.* into v_call from pgswarm.llm_call c
   where c.swarm_id = end_call.swarm_id and c.node_id = end_call.node_id and c.activation = end_call.activation
     and c.call_no = end_call.call_no and c.request_hash = end_call.request_hash;
  if not found then
    raise exception 'call % of node % was never begun', end_call.call_no, end_call.node_id
      using errcode = 'PS404', detail = 'call_no', hint = 'begin_call comes first';
  end if;
  if v_call.finished_at is not null then
    return;
  end if;
  update pgswarm.llm_call c
     set response = end_call.response, input_tokens = end_call.input_tokens, output_tokens = end_call.output_tokens,
         cost_usd = end_call.cost_usd, reserved_tokens = 0, reserved_cost_usd = 0, finished_at = pgswarm.clock()
   where c.swarm_id = v_call.swarm_id and c.node_id = v_call.node_id and c.activation = v_call.activation
     and c.call_no = v_call.call_no and c.request_hash = v_call.request_hash;
  select s.* into v_swarm from pgswarm.swarm s where s.swarm_id = end_call.swarm_id;
  v_input := least(end_call.input_tokens, v_swarm.max_tokens - v_swarm.spent_input_tokens - v_swarm.spent_output_tokens);
  update pgswarm.swarm s
     set spent_input_tokens = s.spent_input_tokens + v_input,
         spent_output_tokens = s.spent_output_tokens
           + least(end_call.output_tokens, s.max_tokens - s.spent_input_tokens - s.spent_output_tokens - v_input),
         spent_cost_usd = s.spent_cost_usd + least(end_call.cost_usd, s.max_cost_usd - s.spent_cost_usd),
         reserved_tokens = s.reserved_tokens - v_call.reserved_tokens,
         reserved_cost_usd = s.reserved_cost_usd - v_call.reserved_cost_usd
   where s.swarm_id = end_call.swarm_id;
  perform pgswarm.leave_place(v_call.swarm_id, v_call.node_id, v_call.activation, v_call.call_no, v_call.request_hash,
    end_call.input_tokens::bigint + end_call.output_tokens);
  if pgswarm.is_option(v_swarm, 'stream') then
    perform pgswarm.forget_partials(v_call.swarm_id, v_call.node_id, v_call.activation, v_call.call_no);
  end if;
  if end_call.fits and pgswarm.is_option(v_swarm, 'memo') then
    insert into pgswarm.llm_memo as m (owner_id, request_hash, swarm_id, node_id, activation, call_no, kept_at)
    values (pgswarm.memo_owner(v_swarm), v_call.request_hash, v_call.swarm_id, v_call.node_id, v_call.activation, v_call.call_no,
            pgswarm.clock())
    on conflict (owner_id, request_hash) do update
       set swarm_id = excluded.swarm_id, node_id = excluded.node_id, activation = excluded.activation,
           call_no = excluded.call_no, kept_at = excluded.kept_at;
  end if;
end
$$;
