-- One row of what `advance` and its like hand back. `what` says which columns are filled:
--   claimed  a node that is now running for the caller
--   fenced   a node whose act was refused: its epoch is old, or it is not running any more
--   events   a range of events that was written, ends inclusive
--   idle     nothing was claimed; next_in_s: 0 = work is locked by another worker, null = no timer is known
--   more     claimable work is left
select pgswarm.make_type('advanced',
  'what text, swarm_id uuid, node_id uuid, claim_id bigint, parent_id uuid, depth integer, '
  'action text, directive text, args jsonb, handler text, state jsonb, attempt integer, activation integer, '
  'lease_epoch integer, timeout_s integer, max_attempts integer, context jsonb, waited_ms double precision, '
  'from_seq bigint, to_seq bigint, next_in_s double precision');
