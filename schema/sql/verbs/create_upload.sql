-- Keeps a file that a person sends, to be attached to goals, messages and answers. The same name and content from the same
-- owner is the same upload. `encoding`: what the text was written in before it came here as UTF-8; null for what is no text.
-- `quota_bytes`: what all uploads of the owner may have together; null: any size.
create or replace function pgswarm.create_upload(
  name text, kind text, content bytea, media_type text default '', owner uuid default null, encoding text default null,
  quota_bytes bigint default null
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_blob text := encode(sha256(content), 'hex');
  v_owner uuid := pgswarm.owner_for(create_upload.owner);
  v_id uuid;
  v_kept bigint;
begin
  if name is null or btrim(name) = '' or length(name) > 255 or name ~ '[/[:cntrl:]]' then
    raise exception 'name % cannot be that of a file', coalesce(quote_literal(left(name, 40)), 'null')
      using errcode = 'PS422', detail = 'name', hint = 'from 1 to 255 characters, no slash, no control character';
  end if;
  if coalesce(octet_length(content), 0) not between 1 and 100000000 then
    raise exception 'content of % is % bytes', name, coalesce(octet_length(content), 0)
      using errcode = 'PS422', detail = 'content', hint = 'from 1 to 100000000 bytes';
  end if;
  if kind is null or kind !~ '^[a-z_]{1,40}$' then
    raise exception 'kind % is not one', coalesce(quote_literal(left(kind, 40)), 'null')
      using errcode = 'PS422', detail = 'kind', hint = 'for example text, markdown, csv, json, image, binary';
  end if;
  -- one after the other for each owner, so that none is counted too late
  perform pg_advisory_xact_lock(hashtextextended(coalesce(v_owner::text, ''), 12));
  select u.upload_id into v_id from pgswarm.upload u
   where u.owner_id is not distinct from v_owner and u.blob = v_blob and u.name = create_upload.name;
  if found then
    return v_id;
  end if;
  select coalesce(sum(u.size), 0) into v_kept from pgswarm.upload u where u.owner_id is not distinct from v_owner;
  if v_kept + octet_length(create_upload.content) > quota_bytes then
    raise exception 'with % bytes more the uploads of the account would have %, and % are allowed',
      octet_length(create_upload.content), v_kept + octet_length(create_upload.content), quota_bytes
      using errcode = 'PS409', detail = 'file', hint = 'delete uploads that are not needed any more, or ask the operator for more';
  end if;
  insert into pgswarm.blob (blob, content, bytes) values (v_blob, create_upload.content, octet_length(create_upload.content))
  on conflict do nothing;
  insert into pgswarm.upload as u (upload_id, owner_id, name, kind, media_type, encoding, blob, size, created_at)
  values (pgswarm.new_id(), v_owner, create_upload.name, create_upload.kind,
          left(coalesce(create_upload.media_type, ''), 200), create_upload.encoding, v_blob,
          octet_length(create_upload.content), pgswarm.clock())
  returning u.upload_id into v_id;
  return v_id;
end
$$;
