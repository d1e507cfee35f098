-- A swarm as it is now, in frames: itself, its nodes (parents first), its open questions, and an end that says how many.
-- Their seq is that of the newest event: whoever goes on after it misses nothing. One statement, one snapshot.
create or replace function pgswarm.swarm_snapshot(swarm_id uuid)
returns table (seq bigint, kind text, node_id uuid, parent_id uuid, frame text)
language plpgsql stable security definer set search_path = pgswarm, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  v_seq bigint;
  v_at timestamptz;
begin
  perform pgswarm.swarm_status(swarm_snapshot.swarm_id);
  select e.seq, e.at into v_seq, v_at
    from pgswarm.event e where e.swarm_id = swarm_snapshot.swarm_id order by e.seq desc limit 1;
  return query
  with item as (
    select 1 as part, 0 as depth, s.created_at, 'snapshot.swarm' as kind, null::uuid as node_id, null::uuid as parent_id,
           pgswarm.swarm_frame(s) as data
      from pgswarm.swarm s where s.swarm_id = swarm_snapshot.swarm_id
    union all
    select 2, n.depth, n.created_at, 'snapshot.node', n.node_id, n.parent_id, pgswarm.created_frame(n)
      from pgswarm.node n where n.swarm_id = swarm_snapshot.swarm_id
    union all
    select 3, 0, q.asked_at, 'snapshot.question', q.node_id, null, pgswarm.question_frame(q)
      from pgswarm.question q
     where q.closed_at is null
       and q.node_id in (select n.node_id from pgswarm.node n
                          where n.swarm_id = swarm_snapshot.swarm_id and n.status = 'waiting_user')
    union all
    select 4, 0, null, 'snapshot.end', null, null, jsonb_build_object(
      'nodes', (select count(*) from pgswarm.node n where n.swarm_id = swarm_snapshot.swarm_id))
  )
  select v_seq, i.kind, i.node_id, i.parent_id,
         pgswarm.frame_text(swarm_snapshot.swarm_id, v_seq, i.kind, v_at, i.node_id, i.data)
    from item i
   order by i.part, i.depth, i.created_at, i.node_id;
end
$$;
