-- What only time does: questions expire, swarms pass their duration, partitions are made ahead, old workers are forgotten.
-- Bounded work a call.
create or replace function pgswarm.tick() returns setof pgswarm.advanced
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_now timestamptz := pgswarm.clock();
  v_swarm uuid;
begin
  perform pgswarm.lock_swarms(array(
    select s.swarm_id from (
      (select q.swarm_id from pgswarm.question q
        where q.closed_at is null and q.expires_at is not null and q.expires_at <= v_now order by q.expires_at limit 100)
      union
      (select l.swarm_id from pgswarm.lane l
        where l.deadline_at < 'infinity' and not l.paused and l.deadline_at <= v_now order by l.deadline_at limit 20)) s));
  for v_swarm in
    select distinct d.swarm_id from (
      select q.swarm_id from pgswarm.question q
       where q.closed_at is null and q.expires_at is not null and q.expires_at <= v_now order by q.expires_at limit 100) d
  loop
    if pg_try_advisory_xact_lock(pgswarm.lock_key(v_swarm)) then
      return query select * from pgswarm.expire_questions(v_swarm);
    end if;
  end loop;
  for v_swarm in
    select l.swarm_id from pgswarm.lane l
     where l.deadline_at < 'infinity' and not l.paused and l.deadline_at <= v_now order by l.deadline_at limit 20
  loop
    if pg_try_advisory_xact_lock(pgswarm.lock_key(v_swarm)) then
      return query select * from pgswarm.exceed_budget(v_swarm, 'duration_s');
    end if;
  end loop;
  delete from pgswarm.worker w where w.stopped_at < v_now - interval '1 day';
  perform pgswarm.forget_model_uses(v_now);
  perform pgswarm.make_partitions();
end
$$;
