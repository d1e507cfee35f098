-- A frame as JSON text, its keys in the contract's order.
create or replace function pgswarm.frame_text(
  swarm_id uuid, seq bigint, kind text, at timestamptz, node_id uuid, data jsonb
) returns text
language sql stable parallel safe as $$
  select json_build_object('swarm_id', swarm_id, 'seq', seq, 'kind', kind, 'at', at, 'node_id', node_id, 'data', data)::text
$$;
