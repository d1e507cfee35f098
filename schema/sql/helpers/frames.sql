-- What an event says of a row: the whole of it when the row is made, later every column that can change, nulls written
-- out. Folding (`||` in seq order) gives the row.
do $do$
declare
  v_columns text;
begin
  select string_agg(case when a.attname in ('directive', 'report') then format('pgswarm.event_text(n.%I)', a.attname)
                         else format('n.%I', a.attname) end, ', ' order by a.attnum)
    into v_columns
    from pg_attribute a
   where a.attrelid = 'pgswarm.whole_node'::regclass and a.attnum > 0 and not a.attisdropped;
  execute format($$
    create or replace function pgswarm.created_frame(n pgswarm.node) returns jsonb
    language sql stable parallel safe as 'select to_jsonb(row(%s)::pgswarm.whole_node)'
  $$, v_columns);
end
$do$;

create or replace function pgswarm.state_frame(n pgswarm.node) returns jsonb
language sql stable parallel safe as $$
  select to_jsonb(row(
    n.error, n.state, pgswarm.event_text(n.report), n.status, n.attempt, n.handler, n.outcome, n.priority,
    n.activation, n.updated_at, n.lease_epoch, n.lease_owner, n.report_blob, n.available_at, n.open_children,
    n.terminated_at, n.lease_expires_at)::pgswarm.changeable)
$$;

-- A directive that a person has changed is told by every later event of its node, so that the last one is enough for a fold.
create or replace function pgswarm.changed_frame(n pgswarm.node) returns jsonb
language sql stable parallel safe as $$
  select case
    when n.directive_changed_at is null then pgswarm.state_frame(n)
    else pgswarm.state_frame(n) || jsonb_build_object(
      'directive', pgswarm.event_text(n.directive), 'directive_blob', n.directive_blob,
      'directive_changed_at', n.directive_changed_at)
  end
$$;

create or replace function pgswarm.swarm_frame(s pgswarm.swarm) returns jsonb
language sql stable parallel safe as $$
  select to_jsonb(s) - 'request_hash'
    || jsonb_build_object('goal', pgswarm.event_text(s.goal), 'report', pgswarm.event_text(s.report))
$$;

create or replace function pgswarm.question_frame(q pgswarm.question) returns jsonb
language sql stable parallel safe as $$
  select to_jsonb(q) || jsonb_build_object('prompt', pgswarm.event_text(q.prompt))
$$;
