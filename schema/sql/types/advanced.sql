-- One row of what `advance` and its like hand back. `what` says which columns are filled:
--   claimed  a node that is now running for the caller
--   fenced   a node whose act was refused: its epoch is old, or it is not running any more
--   events   a range of events that was written, ends inclusive
--   idle     nothing was claimed; next_in_s: 0 = work is locked by another worker, null = no timer is known
--   more     claimable work is left
-- A changed column list drops the type and, with it, the functions that return it: they are made again right after.
do $$
declare
  v_columns constant text := 'what text, swarm_id uuid, node_id uuid, claim_id bigint, parent_id uuid, depth integer, '
    'action text, directive text, args jsonb, handler text, state jsonb, attempt integer, activation integer, '
    'lease_epoch integer, timeout_s integer, max_attempts integer, context jsonb, waited_ms double precision, '
    'from_seq bigint, to_seq bigint, next_in_s double precision';
  v_present text;
begin
  select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
    into v_present
    from pg_attribute a
   where a.attrelid = to_regclass('pgswarm.advanced') and a.attnum > 0 and not a.attisdropped;
  if v_present is distinct from v_columns then
    drop type if exists pgswarm.advanced cascade;
    execute format('create type pgswarm.advanced as (%s)', v_columns);
  end if;
end
$$;
