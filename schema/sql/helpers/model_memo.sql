-- The memo of calls: an answer that the same owner's swarms already have, for exactly the same request. Both swarms must have
-- asked for it (option `memo`). Never across owners; swarms that nobody owns are one owner's.
create or replace function pgswarm.memo_owner(s pgswarm.swarm) returns uuid
language sql immutable parallel safe as $$
  select coalesce(s.owner_id, '00000000-0000-0000-0000-000000000000'::uuid)
$$;

-- Whether a swarm's option is true.
create or replace function pgswarm.is_option(s pgswarm.swarm, name text) returns boolean
language sql immutable parallel safe as $$
  select coalesce(s.options -> name = 'true', false)
$$;

-- Writes a call down as answered by an earlier one, at no cost, and returns that answer; null where there is none.
create or replace function pgswarm.use_memo(
  s pgswarm.swarm, node_id uuid, activation integer, call_no integer, request_hash text, model text, request jsonb, prompt text
) returns jsonb
language plpgsql volatile set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_memo pgswarm.llm_memo;
  v_response jsonb;
begin
  select m.* into v_memo from pgswarm.llm_memo m
   where m.owner_id = pgswarm.memo_owner(s) and m.request_hash = use_memo.request_hash;
  if not found then
    return null;
  end if;
  select c.response into v_response from pgswarm.llm_call c
   where c.swarm_id = v_memo.swarm_id and c.node_id = v_memo.node_id and c.activation = v_memo.activation
     and c.call_no = v_memo.call_no and c.request_hash = v_memo.request_hash;
  if v_response is null then
    return null;
  end if;
  insert into pgswarm.llm_call as c (
    swarm_id, node_id, activation, call_no, request_hash, model, request, response, prompt, memo, source_swarm_id,
    source_node_id, source_activation, started_at, finished_at)
  values (
    s.swarm_id, use_memo.node_id, use_memo.activation, use_memo.call_no, use_memo.request_hash, use_memo.model,
    use_memo.request, v_response, use_memo.prompt, true, v_memo.swarm_id, v_memo.node_id, v_memo.activation,
    pgswarm.clock(), pgswarm.clock())
  on conflict (swarm_id, node_id, activation, call_no, request_hash) do update
     set response = excluded.response, memo = true, source_swarm_id = excluded.source_swarm_id,
         source_node_id = excluded.source_node_id, source_activation = excluded.source_activation,
         lost_tokens = c.lost_tokens + c.reserved_tokens, lost_cost_usd = c.lost_cost_usd + c.reserved_cost_usd,
         reserved_tokens = 0, reserved_cost_usd = 0, sends = c.sends + 1, finished_at = excluded.finished_at;
  update pgswarm.swarm k set spent_llm_calls = k.spent_llm_calls + 1 where k.swarm_id = s.swarm_id;
  return v_response;
end
$$;

-- Forgets what a call was saying.
create or replace function pgswarm.forget_partials(swarm_id uuid, node_id uuid, activation integer, call_no integer)
returns void
language plpgsql volatile set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  delete from pgswarm.partial_answer p
   where p.swarm_id = forget_partials.swarm_id and p.node_id = forget_partials.node_id
     and p.activation = forget_partials.activation and p.call_no = forget_partials.call_no;
end
$$;
