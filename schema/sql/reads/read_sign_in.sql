-- The tokens of a connection to the outside, sealed as they were kept, and whether somebody is renewing them; no row where there are
-- none, and nobody is about to fetch any.
create or replace function pgswarm.read_sign_in(connection text) returns table (sealed bytea, version uuid, renewing boolean)
language sql stable security definer set search_path = pgswarm, pg_temp as $$
  select s.sealed, s.version, coalesce(s.renewal_until > pgswarm.clock(), false)
    from pgswarm.sign_in s where s.connection = read_sign_in.connection
$$;
