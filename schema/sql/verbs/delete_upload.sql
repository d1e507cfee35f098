-- Forgets a file that a person sent. What it was attached to keeps it; its content stays where others share it.
create or replace function pgswarm.delete_upload(upload_id uuid) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  delete from pgswarm.upload u where u.upload_id = delete_upload.upload_id and pgswarm.may_see(u.owner_id);
  if not found then
    raise exception 'upload % is not known', coalesce(delete_upload.upload_id::text, 'null')
      using errcode = 'PS404', detail = 'upload_id', hint = 'see the table pgswarm.upload for those that are';
  end if;
end
$$;
