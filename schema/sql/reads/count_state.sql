-- What is under way in the whole database, in numbers: for metrics. Small tables and partial indexes only: no look at the nodes
-- or the history.
create or replace function pgswarm.count_state()
returns table (active bigint, paused bigint, claimable bigint, questions bigint, workers bigint, fenced numeric)
language sql stable security definer set search_path = pgswarm, pg_temp as $$
  select (select count(*) from pgswarm.lane l where not l.paused), (select count(*) from pgswarm.lane l where l.paused),
         (select count(*) from pgswarm.lane l where l.claim_at <= pgswarm.clock()),
         (select count(*) from pgswarm.question q where q.closed_at is null),
         (select count(*) from pgswarm.worker w where w.stopped_at is null and w.expires_at > pgswarm.clock()),
         (select coalesce(sum(w.fenced_writes), 0) from pgswarm.worker w)
$$;
