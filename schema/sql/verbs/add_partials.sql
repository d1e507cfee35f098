-- What models are saying just now, as parts of their answers (arrays, one element a part), and a notification for each swarm on
-- the channel `pgswarm_partial`. Parts of nodes that are not the caller's any more are left out. Not kept: see `partial_answer`.
create or replace function pgswarm.add_partials(
  swarm_ids uuid[], node_ids uuid[], epochs integer[], activations integer[], call_nos integer[], rounds integer[],
  from_chars integer[], parts text[]
) returns void
language plpgsql volatile security definer
set search_path = pgswarm, pg_temp set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  insert into pgswarm.partial_answer (swarm_id, node_id, activation, call_no, round, from_char, part, at)
  select p.swarm_id, p.node_id, p.activation, p.call_no, p.round, p.from_char, p.part, pgswarm.clock()
    from unnest(add_partials.swarm_ids, add_partials.node_ids, add_partials.epochs, add_partials.activations,
                add_partials.call_nos, add_partials.rounds, add_partials.from_chars, add_partials.parts)
         p(swarm_id, node_id, epoch, activation, call_no, round, from_char, part)
   cross join lateral (
     select from pgswarm.node n
      where n.swarm_id = p.swarm_id and n.node_id = p.node_id and n.status = 'running' and n.lease_epoch = p.epoch
     offset 0) held
  on conflict do nothing;
  perform pg_notify('pgswarm_partial', s.swarm_id::text) from (select distinct unnest(add_partials.swarm_ids) as swarm_id) s;
end
$$;
