-- Where a fork really is: at the last event of the verb in which `at_seq` lies (all of one verb share their `at`), and until
-- when what the original did outside the database belongs to it: the next verb, or now. At the end of a swarm its lock is
-- taken, so that nothing happens meanwhile; the past stands still by itself.
create or replace function pgswarm.fork_moment(swarm_id uuid, at_seq bigint, out to_seq bigint, out before timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_at timestamptz;
  v_first bigint;
begin
  for v_attempt in 1..2 loop
    select e.at into v_at from pgswarm.event e where e.swarm_id = fork_moment.swarm_id and e.seq = at_seq;
    if not found then
      select min(e.seq), max(e.seq) into v_first, to_seq from pgswarm.event e where e.swarm_id = fork_moment.swarm_id;
      raise exception 'at_seq must be from % to %, not %', v_first, to_seq, coalesce(at_seq::text, 'null')
        using errcode = 'PS422', detail = 'at_seq', hint = 'give the seq of an event that the swarm''s history holds';
    end if;
    select e.seq - 1, e.at into to_seq, before
      from pgswarm.event e
     where e.swarm_id = fork_moment.swarm_id and e.seq > at_seq and e.at > v_at
     order by e.seq limit 1;
    exit when found or v_attempt = 2;
    perform pgswarm.lock_swarms(array[fork_moment.swarm_id]);
  end loop;
  if before is null then
    select e.seq into to_seq from pgswarm.event e where e.swarm_id = fork_moment.swarm_id order by e.seq desc limit 1;
    before := 'infinity';
  end if;
end
$$;
