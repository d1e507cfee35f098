-- One of two compared nodes, its texts as an event holds them.
create or replace function pgswarm.diff_node(
  node_id uuid, parent_id uuid, action text, directive text, status text, outcome text, report text, cost_usd numeric
) returns jsonb
language sql immutable parallel safe as $$
  select jsonb_build_object(
    'node_id', node_id, 'parent_id', parent_id, 'action', action, 'directive', pgswarm.event_text(directive), 'status', status,
    'outcome', outcome, 'report', pgswarm.event_text(report), 'cost_usd', cost_usd)
$$;

-- One of two compared swarms in figures: its state, the shape of its tree, what it spent.
create or replace function pgswarm.diff_side(swarm_id uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'swarm_id', s.swarm_id, 'goal', pgswarm.event_text(s.goal), 'status', s.status, 'outcome', s.outcome,
    'report', pgswarm.event_text(s.report), 'forked_from', s.forked_from, 'forked_at_seq', s.forked_at_seq,
    'nodes', k.nodes, 'depth', k.depth, 'leaves', k.nodes - k.parents, 'succeeded', k.succeeded, 'failed', k.failed,
    'cancelled', k.cancelled, 'living', k.living, 'questions', q.asked, 'open_questions', q.open,
    'llm_calls', s.spent_llm_calls, 'input_tokens', s.spent_input_tokens, 'output_tokens', s.spent_output_tokens,
    'cost_usd', s.spent_cost_usd)
    from pgswarm.swarm s
   cross join lateral (
     select count(*) as nodes, max(n.depth) as depth, count(distinct n.parent_id) as parents,
            count(*) filter (where n.outcome = 'succeeded') as succeeded, count(*) filter (where n.outcome = 'failed') as failed,
            count(*) filter (where n.outcome = 'cancelled') as cancelled, count(*) filter (where n.outcome is null) as living
       from pgswarm.node n where n.swarm_id = s.swarm_id) k
   cross join lateral (
     select count(*) as asked, count(*) filter (where q.closed_at is null) as open
       from pgswarm.question q where q.swarm_id = s.swarm_id) q
   where s.swarm_id = diff_side.swarm_id
$$;
