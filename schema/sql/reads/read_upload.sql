-- The content of an upload; null where it is not known, or is another's.
create or replace function pgswarm.read_upload(upload_id uuid) returns bytea
language sql stable security definer set search_path = pgswarm, pg_temp as $$
  select b.content
    from pgswarm.upload u
    join pgswarm.blob b on b.blob = u.blob
   where u.upload_id = read_upload.upload_id and pgswarm.may_see(u.owner_id)
$$;
