-- How many nodes each worker runs now. Of what stands in a worker's claims those count whose lease it still has.
create or replace function pgswarm.worker_load() returns table (worker_id uuid, running bigint)
language sql stable security definer set search_path = pgswarm, pg_temp as $$
  select w.worker_id, count(*)
    from pgswarm.worker w
   cross join lateral pgswarm.held_nodes(w.worker_id, null) h
   where w.stopped_at is null
   group by 1
$$;
