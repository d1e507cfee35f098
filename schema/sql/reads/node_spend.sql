-- What nodes spent on models, by themselves and with all below them: one node, or (null) every node of the swarm at or above one
-- that called. Tokens and money of sends whose answer was lost count.
create or replace function pgswarm.node_spend(swarm_id uuid, node_id uuid default null)
returns table (of_node uuid, llm_calls bigint, tokens bigint, cost_usd numeric, subtree_nodes bigint, subtree_llm_calls bigint,
               subtree_input_tokens bigint, subtree_output_tokens bigint, subtree_cost_usd numeric)
language plpgsql stable security definer
set search_path = pgswarm, pg_temp set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(node_spend.swarm_id);
  if node_spend.node_id is not null then
    return query
    with recursive below as (
      select n.node_id from pgswarm.node n where n.swarm_id = node_spend.swarm_id and n.node_id = node_spend.node_id
      union all
      select k.node_id from below b
       cross join lateral (select c.node_id from pgswarm.node c where c.parent_id = b.node_id offset 0) k
    ),
    spent as (
      select b.node_id, s.*
        from below b
       cross join lateral (
         select count(c.*) as calls, sum(c.input_tokens + c.lost_tokens) as into, sum(c.output_tokens) as out,
                sum(c.cost_usd + c.lost_cost_usd) as usd
           from pgswarm.llm_call c where c.swarm_id = node_spend.swarm_id and c.node_id = b.node_id) s
    )
    select node_spend.node_id, coalesce(sum(s.calls) filter (where o.own), 0)::bigint,
           coalesce(sum(s.into + s.out) filter (where o.own), 0)::bigint, coalesce(sum(s.usd) filter (where o.own), 0),
           count(*), coalesce(sum(s.calls), 0)::bigint, coalesce(sum(s.into), 0)::bigint, coalesce(sum(s.out), 0)::bigint,
           coalesce(sum(s.usd), 0)
      from spent s cross join lateral (select s.node_id = node_spend.node_id as own) o
    having count(*) > 0;
    return;
  end if;
  return query
  with recursive spent as materialized (
    select c.node_id, count(*) as calls, sum(c.input_tokens + c.lost_tokens) as into, sum(c.output_tokens) as out,
           sum(c.cost_usd + c.lost_cost_usd) as usd
      from pgswarm.llm_call c where c.swarm_id = node_spend.swarm_id group by 1
  ),
  above as (
    select s.node_id as from_id, s.node_id from spent s
    union all
    select a.from_id, p.parent_id
      from above a
     cross join lateral (
       select n.parent_id from pgswarm.node n
        where n.swarm_id = node_spend.swarm_id and n.node_id = a.node_id offset 0) p
     where p.parent_id is not null
  )
  select a.node_id, coalesce(sum(s.calls) filter (where o.own), 0)::bigint,
         coalesce(sum(s.into + s.out) filter (where o.own), 0)::bigint, coalesce(sum(s.usd) filter (where o.own), 0),
         null::bigint, sum(s.calls)::bigint, sum(s.into)::bigint, sum(s.out)::bigint, sum(s.usd)
    from above a join spent s on s.node_id = a.from_id
   cross join lateral (select a.node_id = a.from_id as own) o
   group by a.node_id;
end
$$;
