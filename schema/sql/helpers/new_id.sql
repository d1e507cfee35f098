-- An id that sorts by time (RFC 9562, version 7, with the part of a millisecond in rand_a). PostgreSQL has its own from 18 on.
create or replace function pgswarm.new_id() returns uuid
language sql volatile parallel safe as $$
  select encode(
      substring(int8send(t.us / 1000) from 3)
      || substring(int4send(28672 + ((t.us % 1000) * 4096 / 1000)::int) from 3)  -- 0x7000: version 7
      || substring(uuid_send(gen_random_uuid()) from 9),
      'hex')::uuid
    from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) t
$$;

-- The lowest id that can be made at a moment: where a partition of `event` begins.
create or replace function pgswarm.first_id_at(at timestamptz) returns uuid
language sql immutable parallel safe as $$
  select encode(
      substring(int8send((extract(epoch from first_id_at.at) * 1000)::bigint) from 3) || '\x70008000000000000000'::bytea,
      'hex')::uuid
$$;
