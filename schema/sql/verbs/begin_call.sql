-- Before a model is called: reserves tokens and money, or hands back the recorded answer of the same call. The verdicts:
--   call             go on; the reservation stands until end_call or drop_call
--   recorded         an earlier attempt got this answer, or (option `memo`) another call of the same owner: it is not paid again
--   wait             only what calls of other running nodes have reserved is in the way: ask again when they have ended
--   busy             the model's limit across all processors is reached; `response` is {limit, most, wait_s}
--   budget_exceeded  the call would pass a limit: the swarm is paused, the node released
--   fenced           the node is not the caller's any more
-- A send whose answer was lost is counted as spent, as far as it was reserved: nobody knows better.
-- Reservations are upper bounds, several times what a call takes as a rule: so a swarm is not paused for them alone.
create or replace function pgswarm.begin_call(
  swarm_id uuid, node_id uuid, epoch integer, activation integer, call_no integer, request_hash text, model text,
  request jsonb, reserve_tokens bigint, reserve_usd numeric, prompt text default null, out verdict text, out response jsonb
)
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_call pgswarm.llm_call;
  v_swarm pgswarm.swarm;
  v_range record;
  v_limit text;
begin
  perform pgswarm.lock_swarms(array[begin_call.swarm_id]);
  perform from pgswarm.node n
    where n.swarm_id = begin_call.swarm_id and n.node_id = begin_call.node_id and n.status = 'running'
      and n.lease_epoch = begin_call.epoch;
  if not found then
    verdict := 'fenced';
    return;
  end if;
  select c.* into v_call from pgswarm.llm_call c
   where c.swarm_id = begin_call.swarm_id and c.node_id = begin_call.node_id and c.activation = begin_call.activation
     and c.call_no = begin_call.call_no and c.request_hash = begin_call.request_hash;
  if v_call.finished_at is not null then
    select w.response into response from pgswarm.llm_call_whole w
     where w.swarm_id = v_call.swarm_id and w.node_id = v_call.node_id and w.activation = v_call.activation
       and w.call_no = v_call.call_no and w.request_hash = v_call.request_hash;
    if response is not null or v_call.source_swarm_id is null then
      verdict := 'recorded';
      return;
    end if;
    delete from pgswarm.llm_call c  -- a fork whose original is gone: it must be sent anew
     where c.swarm_id = v_call.swarm_id and c.node_id = v_call.node_id and c.activation = v_call.activation
       and c.call_no = v_call.call_no and c.request_hash = v_call.request_hash;
  end if;
  select s.* into v_swarm from pgswarm.swarm s where s.swarm_id = begin_call.swarm_id;
  if pgswarm.is_option(v_swarm, 'memo') and v_swarm.spent_llm_calls < v_swarm.max_llm_calls then
    response := pgswarm.use_memo(v_swarm, begin_call.node_id, begin_call.activation, begin_call.call_no,
      begin_call.request_hash, begin_call.model, begin_call.request, begin_call.prompt);
    if response is not null then
      verdict := 'recorded';
      return;
    end if;
  end if;
  v_limit := case
    when v_swarm.spent_llm_calls + 1 > v_swarm.max_llm_calls then 'llm_calls'
    when v_swarm.spent_input_tokens + v_swarm.spent_output_tokens + v_swarm.reserved_tokens + reserve_tokens
         > v_swarm.max_tokens then 'tokens'
    when v_swarm.spent_cost_usd + v_swarm.reserved_cost_usd + reserve_usd > v_swarm.max_cost_usd then 'cost_usd'
  end;
  if v_limit in ('tokens', 'cost_usd')
     and v_swarm.spent_input_tokens + v_swarm.spent_output_tokens + reserve_tokens <= v_swarm.max_tokens
     and v_swarm.spent_cost_usd + reserve_usd <= v_swarm.max_cost_usd
     and exists (select from pgswarm.node n
                   join pgswarm.llm_call c on c.swarm_id = n.swarm_id and c.node_id = n.node_id and c.finished_at is null
                  where n.swarm_id = begin_call.swarm_id and n.status = 'running' and n.node_id <> begin_call.node_id
                    and (c.reserved_tokens > 0 or c.reserved_cost_usd > 0)) then
    verdict := 'wait';
    return;
  end if;
  if v_limit is not null then
    for v_range in select * from pgswarm.exceed_budget(begin_call.swarm_id, v_limit) loop
      perform pgswarm.notify_events(v_range.swarm_id, v_range.from_seq, v_range.to_seq);
    end loop;
    verdict := 'budget_exceeded';
    return;
  end if;
  response := pgswarm.take_place(begin_call.model, begin_call.swarm_id, begin_call.node_id, begin_call.epoch,
    begin_call.activation, begin_call.call_no, begin_call.request_hash, reserve_tokens);
  if response is not null then
    verdict := 'busy';
    return;
  end if;
  if pgswarm.is_option(v_swarm, 'stream') then  -- what an earlier attempt was saying
    perform pgswarm.forget_partials(
      begin_call.swarm_id, begin_call.node_id, begin_call.activation, begin_call.call_no);
  end if;
  insert into pgswarm.llm_call as c (
    swarm_id, node_id, activation, call_no, request_hash, model, request, prompt, reserved_tokens, reserved_cost_usd,
    started_at)
  values (
    begin_call.swarm_id, begin_call.node_id, begin_call.activation, begin_call.call_no, begin_call.request_hash,
    begin_call.model, begin_call.request, begin_call.prompt, reserve_tokens, reserve_usd, pgswarm.clock())
  on conflict (swarm_id, node_id, activation, call_no, request_hash) do update
     set lost_tokens = c.lost_tokens + c.reserved_tokens, lost_cost_usd = c.lost_cost_usd + c.reserved_cost_usd,
         reserved_tokens = excluded.reserved_tokens, reserved_cost_usd = excluded.reserved_cost_usd, sends = c.sends + 1,
         started_at = excluded.started_at;
  update pgswarm.swarm s
     set spent_llm_calls = s.spent_llm_calls + 1, reserved_tokens = s.reserved_tokens + reserve_tokens,
         reserved_cost_usd = s.reserved_cost_usd + reserve_usd
   where s.swarm_id = begin_call.swarm_id;
  verdict := 'call';
end
$$;
