-- The event table is cut by month of the swarms' ids, which sort by time: retention drops a partition whole. Made a month
-- ahead; the default partition takes what has none.
create or replace function pgswarm.make_partitions() returns void
language plpgsql volatile as $$
declare
  v_month timestamptz := date_trunc('month', pgswarm.clock(), 'UTC');
  v_name text;
begin
  for i in 0..1 loop
    v_name := 'event_' || to_char(v_month at time zone 'UTC', 'YYYY_MM');
    if to_regclass('pgswarm.' || v_name) is null then
      execute format('create table if not exists pgswarm.%I partition of pgswarm.event for values from (%L) to (%L)', v_name,
        pgswarm.first_id_at(v_month), pgswarm.first_id_at(v_month + interval '1 month'));
    end if;
    v_month := v_month + interval '1 month';
  end loop;
end
$$;
