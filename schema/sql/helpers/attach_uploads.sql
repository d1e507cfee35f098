-- Files uploads in the memory of a swarm, where nodes read them as those of `run --file`. Returns what a row says of them,
-- [{"upload_id", "entry_id", "name", "kind", "size"}], null where there are none. The caller holds the swarm's lock; `at` is
-- the moment of its verb.
create or replace function pgswarm.attach_uploads(swarm_id uuid, files uuid[], at timestamptz) returns jsonb
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_owner uuid;
  v_upload record;
  v_attached jsonb;
begin
  if coalesce(cardinality(files), 0) = 0 then
    return null;
  end if;
  if cardinality(files) > 200 then
    raise exception '% files are too many', cardinality(files)
      using errcode = 'PS422', detail = 'files', hint = 'attach at most 200';
  end if;
  select s.owner_id into v_owner from pgswarm.swarm s where s.swarm_id = attach_uploads.swarm_id;
  for v_upload in
    select f.upload_id as wanted, u.upload_id, u.name, count(*) over (partition by u.name) as namesakes
      from (select distinct unnest(files) as upload_id) f
      left join pgswarm.upload u on u.upload_id = f.upload_id
           and (u.owner_id is not distinct from v_owner or u.owner_id::text = current_setting('pgswarm.account', true))
  loop
    if v_upload.upload_id is null then
      raise exception 'upload % is not known', coalesce(v_upload.wanted::text, 'null')
        using errcode = 'PS404', detail = 'files', hint = 'send the file first: POST /v1/uploads';
    end if;
    if v_upload.namesakes > 1 then
      raise exception 'two of the files are called %', v_upload.name
        using errcode = 'PS422', detail = 'files', hint = 'rename one: the swarm knows them by name';
    end if;
  end loop;
  -- in the order given; blobs are there already, so that nobody waits for anybody here
  for v_upload in
    select u.upload_id, u.name, u.kind, u.size, b.content
      from unnest(files) with ordinality f(upload_id, o)
      join pgswarm.upload u on u.upload_id = f.upload_id
      join pgswarm.blob b on b.blob = u.blob
     group by u.upload_id, b.blob
     order by min(f.o)
  loop
    v_attached := coalesce(v_attached, '[]') || jsonb_build_object(
      'upload_id', v_upload.upload_id,
      'entry_id', (pgswarm.file_memory(pgswarm.sight_of(attach_uploads.swarm_id), null, v_upload.name, v_upload.kind, '', '',
                                       v_upload.content, attach_uploads.at)).entry_id,
      'name', v_upload.name, 'kind', v_upload.kind, 'size', v_upload.size);
  end loop;
  return v_attached;
end
$$;

-- The ids that a JSON array holds; null where there is none.
create or replace function pgswarm.ids_in(ids jsonb) returns uuid[]
language sql immutable parallel safe as $$
  select array_agg(i::uuid order by o) from jsonb_array_elements_text(nullif(ids, 'null')) with ordinality e(i, o)
$$;
