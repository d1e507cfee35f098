-- Lock order of every verb: the locks of the swarms that it touches, ascending, before anything else. A claim only tries.
create or replace function pgswarm.lock_key(swarm_id uuid) returns bigint
language sql immutable parallel safe as $$
  select hashtextextended(swarm_id::text, 7)
$$;

-- Takes the locks of some swarms and returns their ids, distinct, in lock order. Each statement after it must see what
-- the last holder committed, hence the isolation level.
create or replace function pgswarm.lock_swarms(swarm_ids uuid[]) returns uuid[]
language plpgsql volatile as $$
declare
  v_ids uuid[] := '{}';
  v_next record;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a verb of pgswarm needs isolation level read committed, this transaction is %',
      current_setting('transaction_isolation')
      using errcode = 'PS409', hint = 'begin the transaction with: begin isolation level read committed';
  end if;
  if swarm_ids[1] = all (swarm_ids) then
    perform pg_advisory_xact_lock(pgswarm.lock_key(swarm_ids[1]));
    return swarm_ids[1:1];
  end if;
  for v_next in
    select distinct pgswarm.lock_key(s) as key, s as swarm_id
      from unnest(lock_swarms.swarm_ids) s
     where s is not null
     order by 1, 2
  loop
    perform pg_advisory_xact_lock(v_next.key);
    v_ids := v_ids || v_next.swarm_id;
  end loop;
  return v_ids;
end
$$;
