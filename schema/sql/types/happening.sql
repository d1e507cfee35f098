-- One event on its way, while a verb gathers what it did: in which of its swarms (an index into their lock order), and by
-- (step, x, y) where it stands among the others of that swarm.
-- A changed column list drops the type and what uses it; both are made again right after.
do $$
declare
  v_columns constant text := 'lane_no integer, node_id uuid, kind text, verb text, step integer, x integer, y integer, frame jsonb';
  v_present text;
begin
  select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
    into v_present
    from pg_attribute a
   where a.attrelid = to_regclass('pgswarm.happening') and a.attnum > 0 and not a.attisdropped;
  if v_present is distinct from v_columns then
    drop type if exists pgswarm.happening cascade;
    execute format('create type pgswarm.happening as (%s)', v_columns);
  end if;
end
$$;
