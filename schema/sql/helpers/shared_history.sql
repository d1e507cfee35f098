-- The last event that two swarms have in common, because one is a fork of the other or both are of a third: in which swarm it is
-- kept, its seq and its time. No row: they have nothing in common.
create or replace function pgswarm.shared_history(swarm_id uuid, other_id uuid)
returns table (kept_in uuid, seq bigint, at timestamptz)
language sql stable as $$
  with recursive line as (
    select u.side, s.swarm_id, null::bigint as upto, s.forked_from, s.forked_at_seq, 0 as generation
      from (values ('here', shared_history.swarm_id), ('there', shared_history.other_id)) u(side, swarm_id)
      join pgswarm.swarm s on s.swarm_id = u.swarm_id
    union all
    select l.side, l.forked_from, l.forked_at_seq, s.forked_from, s.forked_at_seq, l.generation + 1
      from line l
      left join pgswarm.swarm s on s.swarm_id = l.forked_from  -- an original may be gone: the line ends with its id
     where l.forked_from is not null
  )
  select a.swarm_id, k.upto, e.at
    from line a
    join line b on b.side = 'there' and b.swarm_id = a.swarm_id
   cross join lateral (
     select coalesce(least(a.upto, b.upto),
                     (select e.seq from pgswarm.event e where e.swarm_id = a.swarm_id order by e.seq desc limit 1)) as upto) k
    left join pgswarm.event e on e.swarm_id = a.swarm_id and e.seq = k.upto
   where a.side = 'here'
   order by a.generation
   limit 1
$$;
