-- The limits of a swarm: their names, their defaults, and where they are kept. Generous; `bench/*` is exempt from those of
-- nodes. Every limit can be raised while the swarm goes on.
create or replace function pgswarm.budget_of(
  budget jsonb, inout s pgswarm.swarm
)
language plpgsql immutable as $$
declare
  v_key text;
  v_value jsonb;
  v_number numeric;
begin
  if budget is null or budget = 'null' then
    return;
  end if;
  if jsonb_typeof(budget) <> 'object' then
    raise exception 'budget must be an object, not %', jsonb_typeof(budget)
      using errcode = 'PS422', detail = 'budget', hint = 'for example {"nodes": 300, "tokens": 50000}';
  end if;
  for v_key, v_value in select * from jsonb_each(budget) loop
    if v_key <> all ('{nodes,depth,children,activations,llm_calls,tokens,cost_usd,duration_s}') then
      raise exception 'budget.% is not a limit', v_key
        using errcode = 'PS422', detail = 'budget.' || v_key,
              hint = 'nodes, depth, children, activations, llm_calls, tokens, cost_usd or duration_s';
    end if;
    if jsonb_typeof(v_value) <> 'number' then
      raise exception 'budget.% must be a number, not %', v_key, jsonb_typeof(v_value)
        using errcode = 'PS422', detail = 'budget.' || v_key, hint = 'give a number';
    end if;
    v_number := (v_value #>> '{}')::numeric;
    if v_number < 0 or v_key in ('nodes', 'activations') and v_number < 1
       or v_key not in ('cost_usd', 'duration_s') and (v_number % 1 <> 0 or v_number > 2147483647)
       or v_key in ('cost_usd', 'duration_s') and v_number > 1000000000 then
      raise exception 'budget.% cannot be %', v_key, v_number
        using errcode = 'PS422', detail = 'budget.' || v_key,
              hint = 'a whole number from 1 up (depth, children, llm_calls, tokens: from 0), at most 2147483647; '
                     'cost_usd and duration_s: at most 1000000000';
    end if;
    case v_key
      when 'nodes' then s.max_nodes := v_number;
      when 'depth' then s.max_depth := v_number;
      when 'children' then s.max_children := v_number;
      when 'activations' then s.max_activations := v_number;
      when 'llm_calls' then s.max_llm_calls := v_number;
      when 'tokens' then s.max_tokens := v_number;
      when 'cost_usd' then s.max_cost_usd := v_number;
      when 'duration_s' then s.max_duration_s := v_number;
    end case;
  end loop;
end
$$;

-- Whether a JSON value is a string that holds a UUID.
create or replace function pgswarm.is_id(value jsonb) returns boolean
language sql immutable parallel safe as $$
  select jsonb_typeof(value) = 'string' and value #>> '{}' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
$$;

-- A swarm's row as its options say, every default in place.
create or replace function pgswarm.swarm_from_options(options jsonb) returns pgswarm.swarm
language plpgsql immutable as $$
declare
  s pgswarm.swarm;
  v_key text;
begin
  if jsonb_typeof(options) <> 'object' then
    raise exception 'options must be an object, not %', jsonb_typeof(options)
      using errcode = 'PS422', detail = 'options', hint = 'for example {"budget": {"nodes": 300}}';
  end if;
  for v_key in select k from jsonb_object_keys(options) k
                where k <> all ('{budget,priority,share,approve,create,model,conversation_id,files,blueprint,memo,stream}') loop
    raise exception 'options.% is not known', v_key
      using errcode = 'PS422', detail = 'options.' || v_key, hint = 'known: budget, priority, share, approve, create, model, conversation_id, files, blueprint, memo, stream';
  end loop;
  if options ? 'priority' and options -> 'priority' not in ('0', '1', '2') then
    raise exception 'options.priority cannot be %', options -> 'priority'
      using errcode = 'PS422', detail = 'options.priority', hint = '0 (first), 1 or 2 (last)';
  end if;
  if options ? 'share' and (jsonb_typeof(options -> 'share') <> 'number'
     or not (options ->> 'share')::numeric between 0.001 and 1000) then
    raise exception 'options.share cannot be %', options -> 'share'
      using errcode = 'PS422', detail = 'options.share', hint = 'a number from 0.001 to 1000; the default is 1';
  end if;
  if options ? 'approve' and coalesce(options ->> 'approve', '') not in ('none', 'plan', 'every_step') then
    raise exception 'options.approve cannot be %', options -> 'approve'
      using errcode = 'PS422', detail = 'options.approve', hint = 'none, plan or every_step';
  end if;
  if options ? 'create' and coalesce(options ->> 'create', '') not in ('off', 'ask', 'auto') then
    raise exception 'options.create cannot be %', options -> 'create'
      using errcode = 'PS422', detail = 'options.create',
            hint = 'off: no new actions; ask: a person approves each; auto: the operator''s policy does, where it allows that';
  end if;
  if options ? 'model' and jsonb_typeof(options -> 'model') <> 'string' then
    raise exception 'options.model must be a string'
      using errcode = 'PS422', detail = 'options.model', hint = 'the name of a model';
  end if;
  for v_key in select k from unnest('{memo,stream}'::text[]) k where options ? k and jsonb_typeof(options -> k) <> 'boolean' loop
    raise exception 'options.% must be true or false', v_key
      using errcode = 'PS422', detail = 'options.' || v_key, hint = 'memo: use answers again; stream: show answers while they come';
  end loop;
  if options ? 'conversation_id' and not coalesce(pgswarm.is_id(options -> 'conversation_id'), false) then
    raise exception 'options.conversation_id is not the id of a conversation'
      using errcode = 'PS422', detail = 'options.conversation_id', hint = 'give a UUID; a new one begins a conversation';
  end if;
  if options ? 'files' and (jsonb_typeof(options -> 'files') <> 'array' or exists (
     select from jsonb_path_query(options, '$.files[*]') f where not pgswarm.is_id(f))) then
    raise exception 'options.files must be a list of ids of uploads'
      using errcode = 'PS422', detail = 'options.files', hint = 'send the files first: create_upload, or POST /v1/uploads';
  end if;
  s.status := 'active';
  s.priority := coalesce((options ->> 'priority')::numeric::smallint, 1);
  s.share := coalesce((options ->> 'share')::double precision, 1);
  s.options := options;
  s.max_nodes := 1000000;
  s.max_depth := 2000;
  s.max_children := 50000;
  s.max_activations := 10000;
  s.max_llm_calls := 100000;
  s.max_tokens := 1000000000;
  s.max_cost_usd := 1000;
  s.max_duration_s := 31536000;
  s.spent_llm_calls := 0;
  s.spent_input_tokens := 0;
  s.spent_output_tokens := 0;
  s.spent_cost_usd := 0;
  s.reserved_tokens := 0;
  s.reserved_cost_usd := 0;
  s.history_from_seq := 1;
  return pgswarm.budget_of(options -> 'budget', s);
end
$$;
