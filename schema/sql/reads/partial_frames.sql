-- What models are saying just now in some swarms, each in the name of an account that watches it: frames as subscribers get them,
-- but for `seq`, which is the reader's to add; those that came after a time. Parts of a call come in order; nothing of a swarm
-- that its account may not see.
create or replace function pgswarm.partial_frames(account_ids uuid[], swarm_ids uuid[], since timestamptz[])
returns table (swarm_id uuid, node_id uuid, activation integer, call_no integer, round integer, from_char integer, part text,
               at timestamptz)
language plpgsql stable security definer
set search_path = pgswarm, pg_temp set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  return query
  select p.swarm_id, p.node_id, p.activation, p.call_no, p.round, p.from_char, p.part, p.at
    from (select distinct m.swarm_id, w.since
            from pgswarm.may_read(partial_frames.account_ids, partial_frames.swarm_ids) m
            join unnest(partial_frames.swarm_ids, partial_frames.since) w(swarm_id, since) on w.swarm_id = m.swarm_id) r
   cross join lateral (
     select k.* from pgswarm.partial_answer k where k.swarm_id = r.swarm_id and k.at > r.since
      order by k.node_id, k.activation, k.call_no, k.round, k.from_char limit 5000) p;
end
$$;
