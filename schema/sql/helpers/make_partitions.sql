-- The event table is cut by month of the swarms' ids, which sort by time: retention drops a partition whole. Made a month
-- ahead; the default partition takes what has none, and gives it up when its partition is made.
--
-- Locks: waits a moment only for the default partition, behind which everybody would queue: where a long reader holds it,
-- the next call tries again. A swarm's lock is never waited for after it.
create or replace function pgswarm.make_partitions() returns void
language plpgsql volatile set lock_timeout = '100ms' as $$
declare
  v_month timestamptz := date_trunc('month', pgswarm.clock(), 'UTC');
  v_name text;
  v_from uuid;
  v_to uuid;
begin
  for i in 0..1 loop
    v_name := 'event_' || to_char(v_month at time zone 'UTC', 'YYYY_MM');
    v_from := pgswarm.first_id_at(v_month);
    v_to := pgswarm.first_id_at(v_month + interval '1 month');
    v_month := v_month + interval '1 month';
    continue when to_regclass('pgswarm.' || v_name) is not null;
    if not pg_try_advisory_xact_lock(hashtext('pgswarm'), hashtext('make_partitions')) then
      return;  -- another call makes them
    end if;
    begin
      lock table pgswarm.event_default in access exclusive mode;
      execute format('create table pgswarm.%I (like pgswarm.event including all)', v_name);
      execute format('with late as (delete from pgswarm.event_default where swarm_id >= %L and swarm_id < %L returning *) '
                     'insert into pgswarm.%I select * from late', v_from, v_to, v_name);
      execute format('alter table pgswarm.event attach partition pgswarm.%I for values from (%L) to (%L)', v_name, v_from, v_to);
      perform pgswarm.guard_partitions();
    exception when lock_not_available or duplicate_table then
      return;
    end;
  end loop;
end
$$;
