-- The seq of a swarm's last event at a moment; 0 before its first. Time never runs back within a swarm and seq has no gap, so
-- the place is found by halving.
create or replace function pgswarm.seq_at(swarm_id uuid, at timestamptz) returns bigint
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_first bigint;
  v_low bigint;
  v_high bigint;
  v_middle bigint;
begin
  perform pgswarm.swarm_status(seq_at.swarm_id);
  select e.seq, e.seq - 1 into v_first, v_low from pgswarm.event e where e.swarm_id = seq_at.swarm_id order by e.seq limit 1;
  select e.seq into v_high from pgswarm.event e where e.swarm_id = seq_at.swarm_id order by e.seq desc limit 1;
  while v_low < v_high loop  -- the answer lies in [v_low, v_high]
    v_middle := (v_low + v_high + 1) / 2;
    if (select e.at <= seq_at.at from pgswarm.event e where e.swarm_id = seq_at.swarm_id and e.seq = v_middle) then
      v_low := v_middle;
    else
      v_high := v_middle - 1;
    end if;
  end loop;
  return case when v_low >= v_first then v_low else 0 end;
end
$$;
