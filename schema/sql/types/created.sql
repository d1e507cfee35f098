-- One version of an action that a swarm made, as `created_actions` tells it.
select pgswarm.make_type('created',
  'action_id text, version integer, newest boolean, layer text, entry_id uuid, path text, description text, hash text, '
  'fields jsonb, author_node_id uuid, at timestamptz, revoked_at timestamptz, revoked_why text, code text');
