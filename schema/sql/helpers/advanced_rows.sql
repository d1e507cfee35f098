-- The rows of `advanced` that are made by hand: every column that does not belong to them is null.
create or replace function pgswarm.wrote(swarm_id uuid, from_seq bigint, to_seq bigint) returns pgswarm.advanced
language sql immutable parallel safe as $$
  select row('events', swarm_id, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
             from_seq, to_seq, null)::pgswarm.advanced
$$;

create or replace function pgswarm.was_fenced(swarm_id uuid, node_id uuid) returns pgswarm.advanced
language sql immutable parallel safe as $$
  select row('fenced', swarm_id, node_id, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
             null, null, null)::pgswarm.advanced
$$;

create or replace function pgswarm.told(what text, next_in_s double precision) returns pgswarm.advanced
language sql immutable parallel safe as $$
  select row(what, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
             null, null, next_in_s)::pgswarm.advanced
$$;
