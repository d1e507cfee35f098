-- What really becomes of an act: the limits of its node are checked here, before anything is written. An act that passes
-- one turns into a failure with `error.code = 'limit_<name>'`; a retry without an attempt left into the failure it had.
create or replace function pgswarm.settle_verb(
  verb text, status text, action text, attempt integer, max_attempts integer, activation integer, depth integer,
  max_activations integer, max_depth integer, refused text, over_budget boolean
) returns text
language sql immutable parallel safe as $$
  select case
    when verb in ('retry', 'expire') and status = 'running' and attempt >= max_attempts then 'fail'
    when verb not in ('ask', 'spawn', 'continue') then verb
    when activation >= max_activations and action not like 'bench/%' then 'fail'
    when verb = 'ask' and refused = 'no_questions' then 'fail'
    when verb = 'spawn' and refused in ('unknown_action', 'no_children', 'limit_children') then 'fail'
    when verb = 'spawn' and refused = 'depth' and depth >= max_depth then 'fail'
    when verb = 'spawn' and over_budget then 'release'
    else verb
  end
$$;

create or replace function pgswarm.settle_error(
  verb text, settled text, attempt integer, activation integer, depth integer, max_activations integer, refused text,
  error jsonb
) returns jsonb
language sql stable parallel safe as $$
  select case
    when settled <> 'fail' then error
    when verb = 'fail' then coalesce(error, jsonb_build_object('code', 'failed', 'message', 'the action failed'))
    when verb = 'retry' then coalesce(error, '{}') || jsonb_build_object('attempts', attempt)
    when verb = 'expire' then coalesce(error, '{}') || jsonb_build_object(
      'code', 'max_attempts', 'attempts', attempt,
      'message', format('%s attempts ended without a result: the worker died or the time was up each time', attempt))
    when activation >= max_activations then jsonb_build_object(
      'code', 'limit_activations', 'message', format('the node has used its %s activations', max_activations))
    when refused = 'depth' then jsonb_build_object(
      'code', 'limit_depth', 'message', format('children at depth %s are below the swarm''s limit', depth + 1))
    when refused = 'limit_children' then jsonb_build_object(
      'code', 'limit_children', 'message', 'one set of children is larger than the swarm allows')
    when refused = 'no_children' then jsonb_build_object(
      'code', 'no_children', 'message', 'spawn needs at least one child')
    when refused = 'no_questions' then jsonb_build_object(
      'code', 'no_questions', 'message', 'ask needs at least one question')
    else jsonb_build_object('code', refused, 'message', 'a child names an action that no processor has registered')
  end
$$;

-- What the spawns of a batch ask for, by act: how many children, how many of them count towards the limits (`bench/*` does
-- not), and why a spawn cannot be as it is. One row for each act of the batch, in order, gathered into arrays.
create or replace function pgswarm.wanted_spawns(
  swarm_ids uuid[], verbs text[], child_of integer[], child_actions text[],
  out children integer[], out counted integer[], out refused text[]
)
language plpgsql stable as $$
#variable_conflict use_column
begin
  with wanted as (
    select k.act, sum(k.children)::integer as children,
           (sum(k.children) filter (where k.action not like 'bench/%'))::integer as counted,
           bool_or(case when k.action like 'created/%' then pgswarm.created_version(swarm_ids[k.act], k.action) is null
                        else not exists (select from pgswarm.action a where a.action_id = k.action) end) as unknown
      from (select c.act, c.action, count(*) as children from unnest(child_of, child_actions) c(act, action) group by 1, 2) k
     group by 1
  )
  select array_agg(coalesce(w.children, 0) order by v.act), array_agg(coalesce(w.counted, 0) order by v.act),
         array_agg(case
           when v.verb <> 'spawn' then null
           when w.act is null then 'no_children'
           when w.unknown then 'unknown_action'
           when w.counted > (select m.max_children from pgswarm.swarm m where m.swarm_id = v.swarm_id) then 'limit_children'
           when w.counted > 0 then 'depth'
         end order by v.act)
    into children, counted, refused
    from unnest(swarm_ids, verbs) with ordinality v(swarm_id, verb, act)
    left join wanted w on w.act = v.act;
end
$$;

-- Which of some swarms a batch of spawns would take past their limit of nodes, in the order of `swarms`.
create or replace function pgswarm.over_nodes(
  swarms uuid[], nodes integer[], swarm_ids uuid[], verbs text[], counted integer[]
) returns boolean[]
language sql stable as $$
  select array_agg(coalesce(u.nodes + c.n > s.max_nodes, false) order by u.o)
    from unnest(swarms, nodes) with ordinality u(swarm_id, nodes, o)
    left join (select k.swarm_id, sum(k.counted) as n
                 from unnest(swarm_ids, verbs, counted) k(swarm_id, verb, counted)
                where k.verb = 'spawn' group by 1) c on c.swarm_id = u.swarm_id
    left join pgswarm.swarm s on s.swarm_id = u.swarm_id
$$;
