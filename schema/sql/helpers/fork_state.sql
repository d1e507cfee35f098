-- The nodes that a fork begins with: those of `state_at`; with `redo`, the same but for what these nodes have a part in. They are
-- as they were born, of the version of their action that is given; what lies below them is left out. Each node above waits again for the
-- set of children in which the first of them is, as it did when it had just spawned it, and its later children are left out. All
-- others keep what they have: they do not run again.
create or replace function pgswarm.fork_state(swarm_id uuid, seq bigint, redo uuid[], redo_version integer) returns setof pgswarm.node
language plpgsql stable set enable_nestloop = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  if redo is null then
    return query select * from pgswarm.state_at(fork_state.swarm_id, fork_state.seq);
    return;
  end if;
  return query
  with recursive now as materialized (
    select * from pgswarm.state_at(fork_state.swarm_id, fork_state.seq)
  ),
  up as (
    select n.parent_id as node_id, n.spawn_round as round from now n where n.node_id = any (redo) and n.parent_id is not null
    union
    select p.parent_id, p.spawn_round from up u join now p on p.node_id = u.node_id where p.parent_id is not null
  ),
  cut as materialized (select u.node_id, min(u.round) as round from up u group by 1),
  kept as (
    select n.node_id, n.node_id = any (redo) as redone from now n where n.parent_id is null
    union all
    select n.node_id, n.node_id = any (redo)
      from kept k
      join now n on n.parent_id = k.node_id
      left join cut c on c.node_id = k.node_id
     where not k.redone and (c.round is null or n.spawn_round <= c.round)
  ),
  waited as materialized (
    select distinct on (e.node_id) e.node_id, e.data
      from pgswarm.event e
      join cut c on c.node_id = e.node_id and e.data ->> 'status' = 'awaiting_children' and (e.data ->> 'activation')::integer = c.round
     where e.swarm_id = fork_state.swarm_id and e.kind like 'node.%'
     order by e.node_id, e.seq desc
  )
  select r.*
    from kept k
    join now n on n.node_id = k.node_id
    left join cut c on c.node_id = k.node_id
    left join waited w on w.node_id = k.node_id
   cross join lateral (
     select b.*
       from pgswarm.as_born(n::pgswarm.node) o
      cross join lateral jsonb_populate_record(o, jsonb_build_object('action_version', case
        when n.action like 'created/%' then coalesce(fork_state.redo_version, n.action_version)
        else n.action_version end)) b
      where k.redone
     union all
     select f.* from pgswarm.with_frame(n::pgswarm.node, pgswarm.known_wait(w.data, n.node_id)) f where not k.redone and c.round is not null
     union all
     select n.* where not k.redone and c.round is null) r;
end
$$;

-- Refuses what a history does not tell.
create or replace function pgswarm.known_wait(frame jsonb, node_id uuid) returns jsonb
language plpgsql immutable as $$
begin
  if frame is null then
    raise exception 'when node % began to wait for its children is not in the history of this swarm', known_wait.node_id
      using errcode = 'PS409', detail = 'swarm_id', hint = 'it is a fork, or its history was shortened: run the goal again';
  end if;
  return frame;
end
$$;
