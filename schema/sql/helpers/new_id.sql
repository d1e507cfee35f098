-- An id that sorts by time (RFC 9562, version 7; rand_a holds the part of a millisecond, as its method 3 allows). PostgreSQL has
-- its own from 18 on. Below, one expression, so that the planner inlines it: 48 bits of milliseconds and 12 of their fraction
-- are one number, between whose parts the version goes.
do $do$
begin
  execute format(
    'create or replace function pgswarm.new_id() returns uuid language sql volatile parallel safe as %L',
    case when current_setting('server_version_num')::integer >= 180000 then 'select uuidv7()'
    else $$
      select (
        overlay('0' || to_hex((extract(epoch from clock_timestamp()) * 4096000)::bigint) placing '7' from 13 for 0)
        || right(gen_random_uuid()::text, 17))::uuid
    $$ end);
end
$do$;

-- The lowest id that can be made at a moment: where a partition of `event` begins.
create or replace function pgswarm.first_id_at(at timestamptz) returns uuid
language sql immutable parallel safe as $$
  select (
    overlay('0' || to_hex((extract(epoch from first_id_at.at) * 4096000)::bigint) placing '7' from 13 for 0)
    || '8000000000000000')::uuid
$$;

-- The ids of nodes that are made together: the first one, counted on in its last 31 bits (RFC 9562, 6.2, method 2). A server
-- without OpenSSL opens its source of random numbers anew for each id; that took a seventh of the time of a wide spawn.
create or replace function pgswarm.id_stem(id uuid) returns text
language sql immutable parallel safe as $$
  select left(id::text, 28)
$$;

create or replace function pgswarm.nth_id(stem text, n bigint) returns uuid
language sql immutable parallel safe as $$
  select (stem || lpad(to_hex(n), 8, '0'))::uuid
$$;
