-- The one clock. Every verb takes the time here and nowhere else; a test replaces this function to set it.
create or replace function pgswarm.clock() returns timestamptz
language sql volatile parallel safe as $$
  select clock_timestamp()
$$;
