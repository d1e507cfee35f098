-- Sets limits of a swarm anew: `{"nodes": 500}` or `{"budget": {"nodes": 500}}`. Goes on only with `resume_swarm`.
create or replace function pgswarm.raise_budget(swarm_id uuid, options jsonb) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_budget jsonb;
  v_key text;
  v_row pgswarm.swarm;
  v_used numeric;
  v_at timestamptz;
  v_seq bigint;
begin
  perform pgswarm.require_swarm(raise_budget.swarm_id);
  v_budget := case when options ? 'budget' then options -> 'budget' else options end;
  if v_budget is null or jsonb_typeof(v_budget) <> 'object' or v_budget = '{}' then
    raise exception 'options must name at least one limit'
      using errcode = 'PS422', detail = 'options', hint = 'for example {"nodes": 500}';
  end if;
  select k into v_key from jsonb_object_keys(options) k where options ? 'budget' and k <> 'budget' limit 1;
  if found then
    raise exception 'options.% cannot stand beside budget', v_key
      using errcode = 'PS422', detail = 'options.' || v_key, hint = 'put every limit into budget';
  end if;
  perform pgswarm.lock_swarms(array[raise_budget.swarm_id]);
  perform pgswarm.swarm_status(raise_budget.swarm_id);
  v_at := pgswarm.next_event_at(raise_budget.swarm_id);
  select s.* into v_row from pgswarm.swarm s where s.swarm_id = raise_budget.swarm_id;
  v_row := pgswarm.budget_of(v_budget, v_row);
  select u.name, u.used into v_key, v_used
    from (values
      ('nodes', v_row.max_nodes, pgswarm.counted_nodes(v_row.swarm_id)),
      ('llm_calls', v_row.max_llm_calls, v_row.spent_llm_calls),
      ('tokens', v_row.max_tokens, v_row.spent_input_tokens + v_row.spent_output_tokens + v_row.reserved_tokens),
      ('cost_usd', v_row.max_cost_usd, v_row.spent_cost_usd + v_row.reserved_cost_usd)) u(name, allowed, used)
   where v_budget ? u.name and u.allowed < u.used limit 1;
  if found then
    raise exception 'budget.% cannot be below the % that are used', v_key, v_used
      using errcode = 'PS422', detail = 'budget.' || v_key, hint = format('give at least %s', v_used);
  end if;
  update pgswarm.swarm s
     set max_nodes = v_row.max_nodes, max_depth = v_row.max_depth, max_children = v_row.max_children,
         max_activations = v_row.max_activations, max_llm_calls = v_row.max_llm_calls, max_tokens = v_row.max_tokens,
         max_cost_usd = v_row.max_cost_usd, max_duration_s = v_row.max_duration_s
   where s.swarm_id = v_row.swarm_id;
  update pgswarm.lane l set deadline_at = v_row.created_at + v_row.max_duration_s * interval '1 second'
   where l.swarm_id = v_row.swarm_id;
  v_seq := pgswarm.append_event(v_row.swarm_id, v_at, 'swarm.budget_raised', null, null, pgswarm.swarm_frame(v_row));
  perform pgswarm.notify_since(v_row.swarm_id, v_seq);
end
$$;
