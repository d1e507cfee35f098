-- Sets limits of a swarm anew: `{"nodes": 500}` or `{"budget": {"nodes": 500}}`. Goes on only with `resume_swarm`.
create or replace function pgswarm.raise_budget(swarm_id uuid, options jsonb) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_row pgswarm.swarm;
  v_seq bigint;
begin
  if options is null or jsonb_typeof(options) <> 'object' or options = '{}' then
    raise exception 'options must name at least one limit'
      using errcode = 'PS422', detail = 'options', hint = 'for example {"nodes": 500}';
  end if;
  perform pgswarm.lock_swarms(array[raise_budget.swarm_id]);
  if pgswarm.swarm_status(raise_budget.swarm_id) = 'terminated' then
    raise exception 'swarm % has terminated', raise_budget.swarm_id
      using errcode = 'PS409', detail = 'swarm_id', hint = 'start a new one';
  end if;
  select s.* into v_row from pgswarm.swarm s where s.swarm_id = raise_budget.swarm_id;
  v_row := pgswarm.budget_of(coalesce(options -> 'budget', options), v_row);
  update pgswarm.swarm s
     set max_nodes = v_row.max_nodes, max_depth = v_row.max_depth, max_children = v_row.max_children,
         max_activations = v_row.max_activations, max_llm_calls = v_row.max_llm_calls, max_tokens = v_row.max_tokens,
         max_cost_usd = v_row.max_cost_usd, max_duration_s = v_row.max_duration_s
   where s.swarm_id = v_row.swarm_id;
  update pgswarm.lane l set deadline_at = v_row.created_at + v_row.max_duration_s * interval '1 second'
   where l.swarm_id = v_row.swarm_id;
  v_seq := pgswarm.append_event(v_row.swarm_id, pgswarm.next_event_at(v_row.swarm_id), 'swarm.budget_raised', null, null,
    pgswarm.swarm_frame(v_row));
  perform pgswarm.notify_since(v_row.swarm_id, v_seq);
end
$$;
