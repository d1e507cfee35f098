-- The row of a fork: the swarm's own as its newest event up to `to_seq` says it, of its present owner, and what was spent until `before`, from the
-- journal. Sends whose answer was lost count, as in the original; what is reserved there is not reserved here.
create or replace function pgswarm.fork_swarm_row(
  original uuid, fork uuid, to_seq bigint, before timestamptz, at timestamptz
) returns pgswarm.swarm
language plpgsql volatile as $$
#variable_conflict use_column
declare
  s pgswarm.swarm;
begin
  select r.* into s
    from pgswarm.event e
   cross join lateral jsonb_populate_record(null::pgswarm.swarm, e.data) r
   where e.swarm_id = original and e.seq <= fork_swarm_row.to_seq and e.kind like 'swarm.%'
   order by e.seq desc limit 1;
  select k.owner_id into s.owner_id from pgswarm.swarm k where k.swarm_id = original;
  s.swarm_id := fork;
  s.goal := pgswarm.text_of_row(s.goal, s.goal_blob);
  s.report := pgswarm.text_of_row(s.report, s.report_blob);
  s.root_node_id := pgswarm.fork_id(fork, s.root_node_id);
  s.idempotency_key := null;
  s.request_hash := null;
  s.forked_from := original;
  s.forked_at_seq := fork_swarm_row.to_seq;
  s.history_from_seq := 1;
  s.created_at := fork_swarm_row.at;
  s.terminated_at := case when s.terminated_at is not null then fork_swarm_row.at end;
  s.reserved_tokens := 0;
  s.reserved_cost_usd := 0;
  select coalesce(sum(c.sends), 0), coalesce(sum(c.lost_tokens + p.paid * c.input_tokens), 0),
         coalesce(sum(p.paid * c.output_tokens), 0), coalesce(sum(c.lost_cost_usd + p.paid * c.cost_usd), 0)
    into s.spent_llm_calls, s.spent_input_tokens, s.spent_output_tokens, s.spent_cost_usd
    from pgswarm.llm_call c
   cross join lateral (select coalesce(c.finished_at < before, false)::integer as paid) p
   where c.swarm_id = original and c.started_at < before;
  return s;
end
$$;
