-- The layer of what belongs to nobody: the tree that all share.
create or replace function pgswarm.built_in_scope() returns uuid
language sql immutable parallel safe as $$
  select '00000000-0000-0000-0000-000000000000'::uuid
$$;

-- Ids of what is built in are made of where it is, so that they are the same in every database; no other id comes of a path.
create or replace function pgswarm.built_in_id(space text, path text) returns uuid
language sql immutable parallel safe as $$
  select overlay(overlay(md5('pgswarm:' || space || ':' || path) placing '8' from 13) placing '8' from 17)::uuid
$$;

create or replace function pgswarm.space_root(space text) returns uuid
language sql immutable parallel safe as $$
  select pgswarm.built_in_id(space, '')
$$;

create or replace function pgswarm.require_space(space text) returns void
language plpgsql immutable as $$
begin
  if space is null or space not in ('action', 'memory', 'util') then
    raise exception 'space % is not one', coalesce(quote_literal(left(space, 40)), 'null')
      using errcode = 'PS422', detail = 'space', hint = 'action, memory or util';
  end if;
end
$$;

create or replace function pgswarm.require_name(name text, field text default 'name') returns void
language plpgsql immutable as $$
begin
  if name is null or btrim(name) in ('', '.', '..') or length(name) > 255 or name ~ '[/[:cntrl:]]' then
    raise exception 'name % cannot be that of an entry', coalesce(quote_literal(left(name, 40)), 'null')
      using errcode = 'PS422', detail = field, hint = 'from 1 to 255 characters, no slash, no control character';
  end if;
end
$$;

create or replace function pgswarm.path_below(folder text, name text) returns text
language sql immutable parallel safe as $$
  select case folder when '' then name else folder || '/' || name end
$$;

-- An entry and all above it, from itself to its root. A circle, which no verb makes, ends it.
create or replace function pgswarm.entry_line(from_id uuid)
returns table (entry_id uuid, parent_id uuid, scope_id uuid, kind text, space text, search text, height integer)
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  return query
  with recursive line as (
    select e.entry_id, e.parent_id, e.scope_id, e.kind, e.space, e.search, 0 as height
      from pgswarm.space_entry e where e.entry_id = entry_line.from_id
    union all
    select e.entry_id, e.parent_id, e.scope_id, e.kind, e.space, e.search, l.height + 1
      from line l join pgswarm.space_entry e on e.entry_id = l.parent_id
  ) cycle entry_id set seen using way
  select l.entry_id, l.parent_id, l.scope_id, l.kind, l.space, l.search, l.height from line l where not l.seen;
end
$$;

-- Some entries of one layer and all of that layer below them.
create or replace function pgswarm.entries_below(scope_id uuid, entry_ids uuid[]) returns setof uuid
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  return query
  with recursive tree as (
    select u.entry_id from unnest(entry_ids) u(entry_id)
    union
    select e.entry_id from tree t join pgswarm.space_entry e on e.parent_id = t.entry_id and e.scope_id = entries_below.scope_id
  )
  select t.entry_id from tree t;
end
$$;

-- What lies at a path: the nearest layer's entry of each name. Null where there is nothing.
create or replace function pgswarm.entry_at(sight pgswarm.sight, space text, path text) returns pgswarm.space_entry
language plpgsql stable set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_entry pgswarm.space_entry;
  v_name text;
begin
  select e.* into v_entry from pgswarm.space_entry e where e.entry_id = pgswarm.space_root(entry_at.space);
  foreach v_name in array string_to_array(entry_at.path, '/') loop
    continue when v_name = '';
    v_entry := pgswarm.child_at(sight, v_entry.entry_id, v_name);
    exit when v_entry.entry_id is null;
  end loop;
  return v_entry;
end
$$;

create or replace function pgswarm.child_at(sight pgswarm.sight, parent_id uuid, name text) returns pgswarm.space_entry
language plpgsql stable set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_entry pgswarm.space_entry;
begin
  select e.* into v_entry
    from unnest(sight.layers) with ordinality l(scope_id, rank)
    join pgswarm.space_entry e on e.parent_id = child_at.parent_id and e.scope_id = l.scope_id and e.name = child_at.name
   where e.entry_id <> all (sight.hidden)
   order by l.rank
   limit 1;
  return v_entry;
end
$$;

-- The folder at a path, for entries to be put into; what of it is missing is made, and told.
create or replace function pgswarm.folder_for(
  sight pgswarm.sight, space text, path text, node_id uuid, at timestamptz
) returns pgswarm.space_entry
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_folder pgswarm.space_entry;
  v_next pgswarm.space_entry;
  v_wanted pgswarm.space_entry;
  v_parts text[] := array_remove(string_to_array(coalesce(folder_for.path, ''), '/'), '');
  v_name text;
begin
  if cardinality(v_parts) > 64 then
    raise exception 'folder is % deep, the limit is 64', cardinality(v_parts)
      using errcode = 'PS422', detail = 'folder', hint = 'file it higher up';
  end if;
  select e.* into v_folder from pgswarm.space_entry e where e.entry_id = pgswarm.space_root(folder_for.space);
  foreach v_name in array v_parts loop
    perform pgswarm.require_name(v_name, 'folder');
    v_next := pgswarm.child_at(sight, v_folder.entry_id, v_name);
    if v_next.entry_id is null then
      v_wanted := null;
      v_wanted.swarm_id := sight.swarm_id;
      v_wanted.blueprint_id := sight.blueprint_id;
      v_wanted.owner_id := sight.owner_id;
      v_wanted.space := folder_for.space;
      v_wanted.parent_id := v_folder.entry_id;
      v_wanted.name := v_name;
      v_wanted.kind := 'folder';
      v_wanted.author_node_id := folder_for.node_id;
      v_next := pgswarm.file_entry(sight, v_wanted, null, folder_for.at);
    end if;
    v_folder := v_next;
  end loop;
  perform pgswarm.require_place(sight, v_folder, folder_for.space);
  return v_folder;
end
$$;

create or replace function pgswarm.require_content(name text, content bytea) returns void
language plpgsql immutable as $$
begin
  if octet_length(content) > 100000000 then
    raise exception 'content of % is % bytes, the limit is 100000000', name, octet_length(content)
      using errcode = 'PS422', detail = 'content', hint = 'cut it into parts';
  end if;
end
$$;

-- How what lies below a folder is searched, if not by a word of its own or its kind's: the nearest word of the folders above it.
create or replace function pgswarm.search_below(folder_id uuid) returns text
language sql stable as $$
  select l.search from pgswarm.entry_line(folder_id) l where l.search is not null order by l.height limit 1
$$;
