-- Files a text or a file under a path in the memory of a swarm, cut into passages that can be searched. The same content
-- again changes nothing; other content is a new version of the entry. A null node_id: a person attached it.
create or replace function pgswarm.save_entry(
  swarm_id uuid, node_id uuid, name text, kind text, description text, folder text, content bytea
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_entry pgswarm.space_entry;
  v_path text := case when coalesce(folder, '') = '' then name else trim(both '/' from folder) || '/' || name end;
  v_blob text := encode(sha256(content), 'hex');
  v_at timestamptz;
  v_seq bigint;
begin
  perform pgswarm.require_swarm(save_entry.swarm_id);
  if name is null or btrim(name) = '' or length(name) > 255 or name ~ '[/[:cntrl:]]' then
    raise exception 'name % cannot be that of an entry', coalesce(quote_literal(left(name, 40)), 'null')
      using errcode = 'PS422', detail = 'name', hint = 'from 1 to 255 characters, no slash, no control character';
  end if;
  if octet_length(content) > 100000000 then
    raise exception 'content of % is % bytes, the limit is 100000000', name, octet_length(content)
      using errcode = 'PS422', detail = 'content', hint = 'cut it into parts';
  end if;
  if content is null or kind is null then
    raise exception '% of % is missing', case when content is null then 'content' else 'kind' end, name
      using errcode = 'PS422', detail = case when content is null then 'content' else 'kind' end, hint = 'give it';
  end if;
  perform pgswarm.lock_swarms(array[save_entry.swarm_id]);
  if pgswarm.swarm_status(save_entry.swarm_id) = 'terminated' then
    raise exception 'swarm % has terminated: its memory is closed', save_entry.swarm_id
      using errcode = 'PS409', detail = 'swarm_id', hint = 'attach it to a new swarm';
  end if;
  select e.* into v_entry from pgswarm.space_entry e
   where e.swarm_id = save_entry.swarm_id and e.space = 'memory' and e.path = v_path;
  if v_entry.blob = v_blob and v_entry.kind = save_entry.kind and v_entry.description = coalesce(save_entry.description, '') then
    return v_entry.entry_id;
  end if;
  insert into pgswarm.blob (blob, content, bytes) values (v_blob, save_entry.content, octet_length(save_entry.content))
  on conflict do nothing;
  v_at := pgswarm.next_event_at(save_entry.swarm_id);
  insert into pgswarm.space_entry as e (
    swarm_id, entry_id, owner_id, author_node_id, path, name, kind, description, blob, size, created_at, updated_at)
  select s.swarm_id, pgswarm.new_id(), s.owner_id, save_entry.node_id, v_path, save_entry.name, save_entry.kind,
         coalesce(save_entry.description, ''), v_blob, octet_length(save_entry.content), v_at, v_at
    from pgswarm.swarm s where s.swarm_id = save_entry.swarm_id
  on conflict (swarm_id, space, path) do update
     set kind = excluded.kind, description = excluded.description, blob = excluded.blob, size = excluded.size,
         version = e.version + 1, author_node_id = excluded.author_node_id, updated_at = excluded.updated_at
  returning e.* into v_entry;
  perform pgswarm.index_entry(v_entry, save_entry.content);
  v_seq := pgswarm.append_event(save_entry.swarm_id, v_at, 'memory.saved', null, save_entry.node_id, to_jsonb(v_entry));
  perform pgswarm.notify_since(save_entry.swarm_id, v_seq);
  return v_entry.entry_id;
end
$$;
