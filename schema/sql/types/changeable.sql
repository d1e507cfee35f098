-- The columns of a node that can change, as an event says them, in the order in which jsonb keeps its keys: short ones first.
-- Every change of a node makes one such object; a row of a type becomes json faster than a list of names and values, and
-- keys that come in order need no sorting.
select pgswarm.make_type('changeable',
  'error jsonb, state jsonb, report text, status text, attempt integer, handler text, outcome text, '
  'priority smallint, activation integer, updated_at timestamp with time zone, lease_epoch integer, '
  'lease_owner uuid, report_blob text, available_at timestamp with time zone, open_children integer, '
  'terminated_at timestamp with time zone, lease_expires_at timestamp with time zone');

-- All columns of a node, in the same order.
select pgswarm.make_type('whole_node', string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', '
                                                  order by length(a.attname), a.attname collate "C"))
  from pg_attribute a
 where a.attrelid = 'pgswarm.node'::regclass and a.attnum > 0 and not a.attisdropped;
