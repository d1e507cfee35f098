-- Nothing comes after the end of a swarm.
create or replace function pgswarm.refuse_after_end(swarm_id uuid) returns timestamptz
language plpgsql volatile as $$
begin
  raise exception 'swarm % has terminated: nothing comes after its end', refuse_after_end.swarm_id
    using errcode = 'PS409', detail = 'swarm_id', hint = 'start a new swarm, or fork this one at a moment before its end';
end
$$;

-- The event table is its own counter: under the swarm's lock its newest row tells the next seq, and that time only rises. Every
-- verb that is to write events asks here first, so that here is the place that refuses what would come after the end.
create or replace function pgswarm.next_event_at(swarm_id uuid) returns timestamptz
language sql volatile as $$
  select coalesce(
    (select case when e.kind = 'swarm.terminated' then pgswarm.refuse_after_end(next_event_at.swarm_id)
                 else greatest(e.at + interval '1 microsecond', pgswarm.clock()) end
       from pgswarm.event e
      where e.swarm_id = next_event_at.swarm_id
      order by e.seq desc
      limit 1),
    (select pgswarm.refuse_after_end(s.swarm_id) -- its events are gone
       from pgswarm.swarm s
      where s.swarm_id = next_event_at.swarm_id and s.status = 'terminated'),
    pgswarm.clock())
$$;

-- How many nodes of a swarm count towards its limit, `bench/*` left out; each event says it as of then.
create or replace function pgswarm.counted_nodes(swarm_id uuid) returns integer
language sql volatile as $$
  select coalesce(
    (select e.nodes from pgswarm.event e where e.swarm_id = counted_nodes.swarm_id order by e.seq desc limit 1), 0)
$$;

-- Appends one event of a verb that holds the swarm's lock; returns its seq.
create or replace function pgswarm.append_event(
  swarm_id uuid, at timestamptz, kind text, verb text, node_id uuid, data jsonb, new_nodes integer default 0
) returns bigint
language sql volatile as $$
  insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
  select append_event.swarm_id, coalesce(max(last.seq), 0) + 1, append_event.node_id, append_event.kind,
         append_event.verb, pgswarm.current_actor(), append_event.at,
         coalesce(max(last.nodes), 0) + new_nodes, append_event.data
    from (select e.seq, e.nodes
            from pgswarm.event e
           where e.swarm_id = append_event.swarm_id
           order by e.seq desc
           limit 1) last
  returning seq
$$;

-- Wakes the subscribers (at the commit). Only a wake-up: whoever gets it reads the rows with rights of its own.
create or replace function pgswarm.notify_events(swarm_id uuid, from_seq bigint, to_seq bigint) returns void
language sql volatile as $$
  select pg_notify('pgswarm_event', case
    when current_setting('pgswarm.notify_payload', true) = 'none' then ''
    else json_build_object('swarm_id', swarm_id, 'from_seq', from_seq, 'to_seq', to_seq)::text
  end)
$$;

create or replace function pgswarm.notify_work() returns void
language sql volatile as $$
  select pg_notify('pgswarm_work', '')
$$;

-- Notifies everything that a verb wrote to one swarm since `from_seq`.
create or replace function pgswarm.notify_since(swarm_id uuid, from_seq bigint) returns void
language sql volatile as $$
  select pgswarm.notify_events(notify_since.swarm_id, notify_since.from_seq, e.seq)
    from pgswarm.event e
   where e.swarm_id = notify_since.swarm_id and e.seq >= notify_since.from_seq
   order by e.seq desc
   limit 1
$$;
