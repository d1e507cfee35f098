-- Files a content in memory by the path of its folder; what of that is missing is made. The caller holds the swarm's lock.
create or replace function pgswarm.file_memory(
  sight pgswarm.sight, node_id uuid, name text, kind text, description text, folder text, content bytea, at timestamptz
) returns pgswarm.space_entry
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v pgswarm.space_entry;
begin
  v.space := 'memory';
  v.parent_id := (pgswarm.folder_for(sight, 'memory', file_memory.folder, file_memory.node_id, file_memory.at)).entry_id;
  v.name := file_memory.name;
  v.kind := file_memory.kind;
  v.description := file_memory.description;
  v.author_node_id := file_memory.node_id;
  return pgswarm.file_entry(sight, v, file_memory.content, file_memory.at);
end
$$;
