-- The nodes of a swarm as they were after event `seq`: the fold of each node's events, its texts as rows hold them. Below 1
-- none, above the top the newest.
--
-- A node that has not changed since is its row: `updated_at` is when its last event was, but for one that awaits children, which
-- counts them down without events. One that had only been spawned by then is its row as it was born; frames are read of the
-- others alone, few at any moment. Both frames are needed of a node whose directive a person has changed since.
create or replace function pgswarm.state_at(swarm_id uuid, seq bigint) returns setof pgswarm.node
language plpgsql stable security definer
set search_path = pgswarm, pg_temp set enable_seqscan = off set enable_nestloop = off set enable_mergejoin = off
set enable_sort = off set jit = off set work_mem = '64MB' as $$
#variable_conflict use_column
declare
  v_seq bigint;
  v_at timestamptz;
  v_since timestamptz;
begin
  perform pgswarm.swarm_status(state_at.swarm_id);
  select e.seq, e.at into v_seq, v_at
    from pgswarm.event e where e.swarm_id = state_at.swarm_id and e.seq <= state_at.seq order by e.seq desc limit 1;
  -- within a verb, whose events share their time, what has that time may be of before or of after
  v_since := case
    when exists (select from pgswarm.event e where e.swarm_id = state_at.swarm_id and e.seq = v_seq + 1 and e.at = v_at) then v_at
    else v_at + interval '1 microsecond'
  end;
  return query
  select n.*
    from pgswarm.node n
   where n.swarm_id = state_at.swarm_id and n.status <> 'awaiting_children' and n.updated_at < v_since;
  return query
  with told as materialized (
    select e.node_id, min(e.seq) as born, max(e.seq) as upto
      from pgswarm.event e
     where e.swarm_id = state_at.swarm_id and e.seq <= v_seq and e.kind like 'node.%'
       and e.node_id in (
         select n.node_id from pgswarm.node n
          where n.swarm_id = state_at.swarm_id and n.created_at <= v_at
            and (n.status = 'awaiting_children' or n.updated_at >= v_since))
     group by e.node_id
  )
  select r.*
    from told t
    join pgswarm.node n on n.swarm_id = state_at.swarm_id and n.node_id = t.node_id
   cross join lateral (
     select b.*
       from pgswarm.as_born(n) b
      where t.upto = t.born and n.copied_from is null and n.directive_changed_at is null
     union all
     select f.*
       from pgswarm.event e
      cross join lateral pgswarm.with_frame(n, e.data) f
      where e.swarm_id = state_at.swarm_id and e.seq = t.upto
        and (t.upto > t.born or n.copied_from is not null) and n.directive_changed_at is null
     union all
     select f.*
       from pgswarm.event made
       join pgswarm.event last on last.swarm_id = made.swarm_id and last.seq = t.upto
      cross join lateral pgswarm.with_frames(made.data || last.data) f
      where made.swarm_id = state_at.swarm_id and made.seq = t.born and n.directive_changed_at is not null) r;
end
$$;
