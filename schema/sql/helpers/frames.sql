-- What an event says of a row: the whole of it when the row is made, later every column that can change, nulls written
-- out. Folding (`||` in seq order) gives the row.
create or replace function pgswarm.created_frame(n pgswarm.node) returns jsonb
language sql stable parallel safe as $$
  select case
    when octet_length(n.directive) > 1024 or octet_length(n.report) > 1024
    then to_jsonb(n) || jsonb_build_object('directive', pgswarm.event_text(n.directive), 'report', pgswarm.event_text(n.report))
    else to_jsonb(n)
  end
$$;

create or replace function pgswarm.state_frame(n pgswarm.node) returns jsonb
language sql stable parallel safe as $$
  select jsonb_build_object(
    'status', n.status, 'outcome', n.outcome, 'report', pgswarm.event_text(n.report), 'report_blob', n.report_blob,
    'error', n.error, 'handler', n.handler, 'state', n.state, 'attempt', n.attempt, 'activation', n.activation,
    'lease_epoch', n.lease_epoch, 'lease_owner', n.lease_owner, 'lease_expires_at', n.lease_expires_at,
    'priority', n.priority, 'available_at', n.available_at, 'open_children', n.open_children,
    'updated_at', n.updated_at, 'terminated_at', n.terminated_at)
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
