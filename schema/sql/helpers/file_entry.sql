-- Puts an entry in its place: as a new one, as a new version of the one of that name, or not at all where nothing of it is new.
-- What `wanted` leaves null is kept (`search` 'inherit': none of its own), and so is the content where none is given. The caller
-- holds the lock of the swarm or the blueprint and has checked the name; `at` is the moment of its verb.
create or replace function pgswarm.file_entry(
  sight pgswarm.sight, wanted pgswarm.space_entry, content bytea, at timestamptz, if_version integer default null
) returns pgswarm.space_entry
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_parent pgswarm.space_entry := pgswarm.seen_entry(sight, wanted.parent_id, 'parent_id');
  v_old pgswarm.space_entry;
  v_new pgswarm.space_entry := wanted;
  v_scope uuid := sight.layers[1];
begin
  perform pgswarm.require_place(sight, v_parent, wanted.space);
  select e.* into v_old from pgswarm.space_entry e
   where e.parent_id = wanted.parent_id and e.scope_id = v_scope and e.name = wanted.name;
  perform pgswarm.expect_version(v_old, file_entry.if_version);
  v_new.description := coalesce(wanted.description, v_old.description, '');
  v_new.fields := coalesce(wanted.fields, case when v_old.kind = wanted.kind then v_old.fields end, '{}');
  v_new.search := case wanted.search when 'inherit' then null else coalesce(wanted.search, v_old.search) end;
  v_new.target_id := case wanted.kind when 'pointer' then coalesce(wanted.target_id, v_old.target_id) else wanted.target_id end;
  v_new.derived_from := coalesce(wanted.derived_from, v_old.derived_from, '{}');
  v_new.portal := coalesce(wanted.portal, v_old.portal, false);
  v_new.blob := case when content is null then v_old.blob else encode(sha256(content), 'hex') end;
  v_new.size := coalesce(octet_length(content), v_old.size, 0);
  v_new.path := pgswarm.path_below(v_parent.path, wanted.name);
  perform pgswarm.check_entry(sight, v_new, v_old);
  if v_old.entry_id is not null and (v_new.kind, v_new.description, v_new.blob, v_new.fields, v_new.search, v_new.target_id,
       v_new.derived_from, v_new.portal) is not distinct from (v_old.kind, v_old.description, v_old.blob, v_old.fields,
       v_old.search, v_old.target_id, v_old.derived_from, v_old.portal) then
    if v_old.status = 'up_to_date' or content is null then
      return v_old;
    end if;  -- else: made again of what changed, and the same came out
  end if;
  if content is not null then
    insert into pgswarm.blob (blob, content, bytes) values (v_new.blob, file_entry.content, octet_length(file_entry.content))
    on conflict do nothing;
  end if;
  if v_old.entry_id is null then
    insert into pgswarm.space_entry as e (
      swarm_id, blueprint_id, entry_id, owner_id, space, parent_id, path, name, kind, description, blob, size, fields, search,
      target_id, derived_from, author_node_id, author, portal, created_at, updated_at)
    values (
      sight.swarm_id, sight.blueprint_id, pgswarm.new_id(), sight.owner_id, v_new.space, v_new.parent_id, v_new.path, v_new.name,
      v_new.kind, v_new.description, v_new.blob, v_new.size, v_new.fields, v_new.search, v_new.target_id, v_new.derived_from,
      v_new.author_node_id, pgswarm.current_actor(), v_new.portal, file_entry.at, file_entry.at)
    returning e.* into v_new;
  else
    perform pgswarm.keep_versions(array[v_old.entry_id]);
    update pgswarm.space_entry e
       set kind = v_new.kind, description = v_new.description, blob = v_new.blob, size = v_new.size, fields = v_new.fields,
           search = v_new.search, target_id = v_new.target_id, derived_from = v_new.derived_from, portal = v_new.portal,
           author_node_id = v_new.author_node_id, author = pgswarm.current_actor(), updated_at = file_entry.at,
           version = e.version + 1, status = 'up_to_date', outdated_at = null
     where e.entry_id = v_old.entry_id
    returning e.* into v_new;
  end if;
  if v_new.blob is distinct from v_old.blob then
    perform pgswarm.index_entry(v_new, file_entry.content);
  end if;
  perform pgswarm.tell_entries(sight.swarm_id, file_entry.at, case
    when v_new.kind = 'folder' and v_old.entry_id is null then 'folder'
    when v_new.kind = 'action' and v_old.entry_id is null then 'created' else 'saved' end, v_new.author_node_id, array[v_new.entry_id]);
  if v_old.entry_id is not null and (v_new.blob, v_new.kind, v_new.fields, v_new.target_id)
       is distinct from (v_old.blob, v_old.kind, v_old.fields, v_old.target_id) then
    perform pgswarm.mark_dependants(sight, array[v_new.entry_id], file_entry.at, v_new.author_node_id);
  end if;
  return v_new;
end
$$;

-- Refuses an entry that its kind does not allow, or whose place is taken.
create or replace function pgswarm.check_entry(sight pgswarm.sight, wanted pgswarm.space_entry, old pgswarm.space_entry) returns void
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_kind record;
  v_shared pgswarm.space_entry;
  v_id uuid;
begin
  select * into v_kind from pgswarm.entry_kind k where k.space = wanted.space and k.kind = wanted.kind;
  if not found then
    raise exception 'kind % is not one of the space %', coalesce(quote_literal(left(wanted.kind, 40)), 'null'), wanted.space
      using errcode = 'PS422', detail = 'kind', hint = 'one of: ' || (
        select string_agg(k.kind, ', ' order by k.kind) from pgswarm.entry_kind k where k.space = wanted.space);
  end if;
  if v_kind.content = 'must' and wanted.blob is null or v_kind.content = 'none' and wanted.blob is not null then
    raise exception 'content of % %', wanted.name, case v_kind.content when 'must' then 'is missing' else 'is too much' end
      using errcode = 'PS422', detail = 'content', hint = format('an entry of kind %s %s hold some', wanted.kind,
                                                                 case v_kind.content when 'must' then 'must' else 'cannot' end);
  end if;
  if length(wanted.description) > 10000 then
    raise exception 'description of % has % characters, the limit is 10000', wanted.name, length(wanted.description)
      using errcode = 'PS422', detail = 'description', hint = 'shorten it, or keep it as a text of its own';
  end if;
  perform pgswarm.check_value('fields', v_kind.fields, wanted.fields);
  if wanted.search is not null and wanted.search not in ('choice', 'text', 'vector', 'sql', 'code', 'none') then
    raise exception 'search % is not a way to search', quote_literal(left(wanted.search, 40))
      using errcode = 'PS422', detail = 'search', hint = 'choice, text, vector, sql, code, none, or inherit';
  end if;
  if (wanted.kind = 'pointer') <> (wanted.target_id is not null) then
    raise exception 'target_id of % %', wanted.name, case wanted.kind when 'pointer' then 'is missing' else 'is too much' end
      using errcode = 'PS422', detail = 'target_id', hint = 'a pointer leads to an entry, and nothing else does';
  end if;
  if wanted.target_id is not null then
    v_shared := pgswarm.seen_entry(sight, wanted.target_id, 'target_id');
    if v_shared.kind = 'pointer' or v_shared.space <> wanted.space then
      raise exception 'target_id % is %', wanted.target_id, case v_shared.kind when 'pointer' then 'a pointer itself' else 'in another space' end
        using errcode = 'PS422', detail = 'target_id', hint = 'point to what it is meant to lead to';
    end if;
  end if;
  if wanted.portal and not v_kind.holds then
    raise exception 'portal: nothing lies below a %', wanted.kind
      using errcode = 'PS422', detail = 'portal', hint = 'only folders can be portals';
  end if;
  foreach v_id in array wanted.derived_from loop
    continue when v_id = any (old.derived_from);
    perform pgswarm.seen_entry(sight, v_id, 'derived_from');
  end loop;
  if old.entry_id is not null then
    if v_kind.holds <> exists (
       select from pgswarm.entry_kind k where k.space = old.space and k.kind = old.kind and k.holds) then
      raise exception '% is a % already', old.path, old.kind
        using errcode = 'PS409', detail = 'name', hint = 'choose another name, or remove it first';
    end if;
    return;
  end if;
  v_shared := pgswarm.child_at(sight, wanted.parent_id, wanted.name);
  if v_shared.entry_id is not null and (v_kind.holds or exists (
     select from pgswarm.entry_kind k where k.space = v_shared.space and k.kind = v_shared.kind and k.holds)) then
    raise exception 'name % is that of a shared entry', v_shared.path
      using errcode = 'PS409', detail = 'name', hint = 'put entries below it where it is a portal, or choose another name';
  end if;
end
$$;
