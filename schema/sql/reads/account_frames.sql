-- Transaction ids as they are kept in a row (32 bits), made whole by where the counter stands.
create or replace function pgswarm.whole_xid(short xid) returns numeric
language sql stable as $$
  select case when s.short <= s.next % 4294967296 then s.next - s.next % 4294967296 + s.short
              else s.next - s.next % 4294967296 - 4294967296 + s.short end
    from (select whole_xid.short::text::numeric as short,
                 pg_snapshot_xmax(pg_current_snapshot())::text::numeric as next) s
$$;

-- Events of all swarms of the account that this transaction acts for, since a horizon: the oldest transaction that ran
-- when the reader last saw everything. An event of that or of a younger transaction may be new to the reader; within a
-- swarm commits are in the order of seq, so everything up to the newest older one was seen. Hence at least once, never
-- skipped, however late a transaction commits, and a cursor of two numbers for any number of swarms. `seen_at` stands
-- behind it for a database that was moved, where transactions count anew.
-- `known_ids` and `known_seqs` say how far single swarms were read since. First row: the horizon of this read, for the
-- next one, and as `seq` how many events were new: with fewer frames than that there is more to read. Then frames, by
-- swarm, in order.
create or replace function pgswarm.account_frames(
  horizon numeric, seen_at timestamptz, only_ids uuid[], known_ids uuid[], known_seqs bigint[],
  max_events integer default 500, max_bytes integer default 2000000
) returns table (
  horizon_now numeric, at_now timestamptz, swarm_id uuid, conversation_id uuid, seq bigint, kind text, node_id uuid, frame text)
language plpgsql stable security definer set search_path = pgswarm, pg_temp set timezone = 'UTC' set jit = off
set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  v_account uuid := pgswarm.account_id();
  v_horizon numeric := account_frames.horizon;
  v_seen_at timestamptz := account_frames.seen_at;
  v_ids uuid[];
  v_after bigint[];
  v_left bigint;
begin
  with mine as (
    select s.swarm_id
      from pgswarm.swarm s
     where s.owner_id = v_account
       and (only_ids is null or s.swarm_id = any (only_ids))
       and (s.status <> 'terminated' or s.terminated_at > v_seen_at or pgswarm.whole_xid(s.xmin) >= v_horizon)
  ), ends as (
    select m.swarm_id, newest.seq as last_seq, coalesce(k.seq, seen.seq, 0) as after_seq
      from mine m
     cross join lateral (
       select e.seq from pgswarm.event e where e.swarm_id = m.swarm_id order by e.seq desc limit 1) newest
      left join unnest(known_ids, known_seqs) as k (swarm_id, seq) on k.swarm_id = m.swarm_id
      left join lateral (
        select e.seq from pgswarm.event e
         where e.swarm_id = m.swarm_id and k.seq is null
           and e.at <= v_seen_at and pgswarm.whole_xid(e.xmin) < v_horizon
         order by e.seq desc
         limit 1) seen on true
  ), behind as (
    select b.swarm_id, b.after_seq, b.last_seq,
           sum(b.last_seq - b.after_seq) over (order by b.swarm_id) - (b.last_seq - b.after_seq) as before
      from ends b
     where b.last_seq > b.after_seq
  )
  select coalesce(array_agg(b.swarm_id order by b.swarm_id) filter (where b.before < max_events), '{}'),
         coalesce(array_agg(b.after_seq order by b.swarm_id) filter (where b.before < max_events), '{}'),
         coalesce(sum(b.last_seq - b.after_seq), 0)
    into v_ids, v_after, v_left
    from behind b;

  return query
  select pg_snapshot_xmin(pg_current_snapshot())::text::numeric, pgswarm.clock(), null::uuid, null::uuid, v_left,
         null::text, null::uuid, null::text;
  return query
  select null::numeric, null::timestamptz, f.swarm_id, s.conversation_id, f.seq, f.kind, f.node_id, f.frame
    from pgswarm.event_frames(
           array_fill(v_account, array[cardinality(v_ids)]), v_ids, v_after, max_events, max_bytes) f
    join pgswarm.swarm s on s.swarm_id = f.swarm_id
   order by f.swarm_id, f.seq;
end
$$;
