-- Files an entry in a space of a swarm: below `parent_id`, or in the folder of a path (what of it is missing is made). The same
-- again changes nothing; anything else under the same name is a new version. What is left out, or null, stays as it is; `search`
-- 'inherit' takes a way of its own away. A text in memory is cut into passages that can be searched. `derived_from`: when one of
-- those changes, this is out of date. `if_version`: only where the entry is in that version (0: only where there is none).
-- A null node_id: a person did it.
create or replace function pgswarm.save_entry(
  swarm_id uuid, node_id uuid, name text, kind text, description text, folder text, content bytea,
  space text default 'memory', parent_id uuid default null, fields jsonb default null, search text default null,
  target_id uuid default null, derived_from uuid[] default null, if_version integer default null
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(save_entry.swarm_id);
  v pgswarm.space_entry;
  v_at timestamptz;
begin
  perform pgswarm.require_space(save_entry.space);
  perform pgswarm.require_name(save_entry.name);
  perform pgswarm.require_not_created(save_entry.fields);
  perform pgswarm.require_content(save_entry.name, save_entry.content);
  if save_entry.parent_id is not null and coalesce(save_entry.folder, '') <> '' then
    raise exception 'both folder and parent_id'
      using errcode = 'PS422', detail = 'folder', hint = 'say where by one of them';
  end if;
  v_at := pgswarm.begin_change(v_sight);
  v.space := save_entry.space;
  v.parent_id := coalesce(save_entry.parent_id, (pgswarm.folder_for(
    v_sight, save_entry.space, case when save_entry.parent_id is null then save_entry.folder end, save_entry.node_id, v_at)).entry_id);
  if save_entry.space = 'action' then
    perform pgswarm.require_not_created(e.fields) from pgswarm.space_entry e
      where e.parent_id = v.parent_id and e.scope_id = v_sight.layers[1] and e.name = save_entry.name;
  end if;
  v.name := save_entry.name;
  v.kind := save_entry.kind;
  v.description := save_entry.description;
  v.fields := save_entry.fields;
  v.search := save_entry.search;
  v.target_id := save_entry.target_id;
  v.derived_from := save_entry.derived_from;
  v.author_node_id := save_entry.node_id;
  return (pgswarm.file_entry(v_sight, v, save_entry.content, v_at, save_entry.if_version)).entry_id;
end
$$;
