-- Puts a copy of an entry into a blueprint, at the same path, with its author.
create or replace function pgswarm.give_entry(sight pgswarm.sight, entry pgswarm.space_entry, target_id uuid, at timestamptz) returns uuid
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v pgswarm.space_entry;
  v_content bytea;
begin
  v.space := entry.space;
  v.parent_id := (pgswarm.folder_for(
    sight, entry.space, case when position('/' in entry.path) > 0 then regexp_replace(entry.path, '/[^/]+$', '') end,
    entry.author_node_id, give_entry.at)).entry_id;
  v.name := entry.name;
  v.kind := entry.kind;
  v.description := entry.description;
  v.fields := entry.fields;
  v.search := entry.search;
  v.target_id := give_entry.target_id;
  v.author_node_id := entry.author_node_id;
  if entry.blob is not null then
    select b.content into v_content from pgswarm.blob b where b.blob = entry.blob;
  end if;
  return (pgswarm.file_entry(sight, v, v_content, give_entry.at)).entry_id;
end
$$;
