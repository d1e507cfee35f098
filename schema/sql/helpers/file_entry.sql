-- Puts a content under its path in the memory of a swarm: as a new entry, as a new version of the one that is there, or not at
-- all where it is there already. The caller holds the swarm's lock and has checked the name; `at` is the moment of its verb.
create or replace function pgswarm.file_entry(
  swarm_id uuid, node_id uuid, name text, kind text, description text, folder text, content bytea, at timestamptz
) returns pgswarm.space_entry
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_entry pgswarm.space_entry;
  v_path text := case when coalesce(folder, '') = '' then name else trim(both '/' from folder) || '/' || name end;
  v_blob text := encode(sha256(content), 'hex');
  v_seq bigint;
begin
  select e.* into v_entry from pgswarm.space_entry e
   where e.swarm_id = file_entry.swarm_id and e.space = 'memory' and e.path = v_path;
  if v_entry.blob = v_blob and v_entry.kind = file_entry.kind and v_entry.description = coalesce(file_entry.description, '') then
    return v_entry;
  end if;
  insert into pgswarm.blob (blob, content, bytes) values (v_blob, file_entry.content, octet_length(file_entry.content))
  on conflict do nothing;
  insert into pgswarm.space_entry as e (
    swarm_id, entry_id, owner_id, author_node_id, path, name, kind, description, blob, size, created_at, updated_at)
  select s.swarm_id, pgswarm.new_id(), s.owner_id, file_entry.node_id, v_path, file_entry.name, file_entry.kind,
         coalesce(file_entry.description, ''), v_blob, octet_length(file_entry.content), file_entry.at, file_entry.at
    from pgswarm.swarm s where s.swarm_id = file_entry.swarm_id
  on conflict (swarm_id, space, path) do update
     set kind = excluded.kind, description = excluded.description, blob = excluded.blob, size = excluded.size,
         version = e.version + 1, author_node_id = excluded.author_node_id, updated_at = excluded.updated_at
  returning e.* into v_entry;
  perform pgswarm.index_entry(v_entry, file_entry.content);
  v_seq := pgswarm.append_event(file_entry.swarm_id, file_entry.at, 'memory.saved', null, file_entry.node_id, to_jsonb(v_entry));
  perform pgswarm.notify_since(file_entry.swarm_id, v_seq);
  return v_entry;
end
$$;
