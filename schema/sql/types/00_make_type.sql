-- Makes a composite type. Columns that changed drop the type and, with it, the functions that use it: they are made again
-- right after. (Named so that it is applied before the types.)
create or replace function pgswarm.make_type(name text, columns text) returns void
language plpgsql volatile as $$
declare
  v_present text;
begin
  select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
    into v_present
    from pg_attribute a
   where a.attrelid = to_regclass(format('pgswarm.%I', name)) and a.attnum > 0 and not a.attisdropped;
  if v_present is distinct from columns then
    execute format('drop type if exists pgswarm.%I cascade', name);
    execute format('create type pgswarm.%I as (%s)', name, columns);
  end if;
end
$$;
