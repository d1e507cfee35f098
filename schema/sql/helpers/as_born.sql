-- A node as it was when it was spawned: its row with every column that changes at its first value. For `state_at`, to which it
-- spares the reading of a frame. In the form that the planner inlines; made from the list of columns, so that a new one is in it.
do $do$
begin
  execute format(
    'create or replace function pgswarm.as_born(n pgswarm.node) returns setof pgswarm.node language sql stable as %L',
    (select 'select ' || string_agg(coalesce(
              b.value || '::' || format_type(a.atttypid, a.atttypmod), format('n.%I', a.attname)), ', ' order by a.attnum)
       from pg_attribute a
       left join (values
         ('status', '''pending'''), ('outcome', 'null'), ('report', 'null'), ('report_blob', 'null'), ('error', 'null'),
         ('handler', '''main'''), ('state', 'null'), ('attempt', '0'), ('activation', '0'), ('lease_epoch', '0'),
         ('lease_owner', 'null'), ('lease_expires_at', 'null'), ('available_at', 'n.created_at'), ('open_children', '0'),
         ('updated_at', 'n.created_at'), ('terminated_at', 'null')) b(name, value) on b.name = a.attname
      where a.attrelid = 'pgswarm.node'::regclass and a.attnum > 0 and not a.attisdropped));
end
$do$;
