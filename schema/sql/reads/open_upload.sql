-- A file that the owner of a swarm sent: its name and its content; no row where it is not known, or is another's.
create or replace function pgswarm.open_upload(swarm_id uuid, upload_id uuid) returns table (name text, content bytea)
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(open_upload.swarm_id);
  return query
  select u.name, b.content
    from pgswarm.swarm s
    join pgswarm.upload u on u.upload_id = open_upload.upload_id and u.owner_id is not distinct from s.owner_id
    join pgswarm.blob b on b.blob = u.blob
   where s.swarm_id = open_upload.swarm_id;
end
$$;
