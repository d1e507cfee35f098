-- The content of a file of a swarm's workspace as it lies there now; null where there is none.
create or replace function pgswarm.read_file(swarm_id uuid, path text) returns bytea
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(read_file.swarm_id);
  return (
    select b.content
      from pgswarm.workspace w
      join pgswarm.blob b on b.blob = w.blob
     where w.swarm_id = read_file.swarm_id and w.path = read_file.path);
end
$$;
