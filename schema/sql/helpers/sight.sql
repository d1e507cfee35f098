-- What a swarm sees, or a blueprint; with neither the built-in layer alone. PS404 where it is not known, or is another's.
create or replace function pgswarm.sight_of(swarm_id uuid, blueprint_id uuid default null) returns pgswarm.sight
language plpgsql stable as $$
#variable_conflict use_column
declare
  v pgswarm.sight;
  v_blueprint pgswarm.blueprint;
begin
  v.layers := '{}';
  v.own := '{}';
  v.hidden := '{}';
  if sight_of.swarm_id is not null then
    perform pgswarm.require_swarm(sight_of.swarm_id);
    select s.swarm_id, s.owner_id, s.blueprint_id into v.swarm_id, v.owner_id, v_blueprint.blueprint_id
      from pgswarm.swarm s where s.swarm_id = sight_of.swarm_id;
    v.layers := array[v.swarm_id];
    v.own := v.layers;
  elsif sight_of.blueprint_id is not null then
    v_blueprint := pgswarm.known_blueprint(sight_of.blueprint_id);
    v.blueprint_id := v_blueprint.blueprint_id;
    v.owner_id := v_blueprint.owner_id;
    v.own := v_blueprint.blueprint_id || v_blueprint.base_ids;
  end if;
  if v_blueprint.blueprint_id is not null then
    select v.layers || b.blueprint_id || b.base_ids, b.hidden_ids into v.layers, v.hidden
      from pgswarm.blueprint b where b.blueprint_id = v_blueprint.blueprint_id;
  end if;
  v.layers := v.layers || pgswarm.built_in_scope();
  return v;
end
$$;

-- The entry of an id; PS404 where it is not known, or not in sight.
create or replace function pgswarm.seen_entry(sight pgswarm.sight, entry_id uuid, field text default 'entry_id')
returns pgswarm.space_entry
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_entry pgswarm.space_entry;
begin
  select e.* into v_entry from pgswarm.space_entry e
   where e.entry_id = seen_entry.entry_id and e.scope_id = any (sight.layers);
  if not found or cardinality(sight.hidden) > 0 and exists (
     select from pgswarm.entry_line(seen_entry.entry_id) l where l.entry_id = any (sight.hidden)) then
    raise exception '% % is not known', case field when 'entry_id' then 'entry' else field end, coalesce(seen_entry.entry_id::text, 'null')
      using errcode = 'PS404', detail = field, hint = 'see list_level, or GET /v1/spaces/{space}/level, for those that are';
  end if;
  return v_entry;
end
$$;

-- The same for one that is to be changed: PS409 where it is shared, or is not in the version that the caller knows.
create or replace function pgswarm.own_entry(sight pgswarm.sight, entry_id uuid, if_version integer default null)
returns pgswarm.space_entry
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_entry pgswarm.space_entry := pgswarm.seen_entry(sight, own_entry.entry_id);
begin
  if v_entry.scope_id <> sight.layers[1] or v_entry.scope_id = pgswarm.built_in_scope() then
    raise exception 'entry % is shared: it cannot be changed here', v_entry.path
      using errcode = 'PS409', detail = 'entry_id', hint = 'save one of your own under its name; it goes before the shared one';
  end if;
  perform pgswarm.expect_version(v_entry, own_entry.if_version);
  return v_entry;
end
$$;

create or replace function pgswarm.expect_version(entry pgswarm.space_entry, if_version integer) returns void
language plpgsql immutable as $$
begin
  if if_version <> coalesce(entry.version, 0) then
    raise exception 'entry % is in version %, not %', coalesce(entry.path, '(new)'), coalesce(entry.version, 0), if_version
      using errcode = 'PS409', detail = 'if_version', hint = 'read it again: somebody changed it meanwhile';
  end if;
end
$$;

-- Whether entries can be put below an entry: a folder of one's own, or a portal.
create or replace function pgswarm.takes_entries(sight pgswarm.sight, folder pgswarm.space_entry) returns boolean
language sql stable as $$
  select (folder.portal or folder.scope_id = any (sight.own))
     and exists (select from pgswarm.entry_kind k where k.space = folder.space and k.kind = folder.kind and k.holds)
$$;

-- Refuses what is no place for entries of a space.
create or replace function pgswarm.require_place(sight pgswarm.sight, folder pgswarm.space_entry, space text) returns void
language plpgsql stable as $$
begin
  if folder.space <> require_place.space then
    raise exception 'entry % is in the space %, not %', folder.path, folder.space, require_place.space
      using errcode = 'PS409', detail = 'parent_id', hint = 'an entry stays in its space';
  end if;
  if not exists (select from pgswarm.entry_kind k where k.space = folder.space and k.kind = folder.kind and k.holds) then
    raise exception '% is a %: nothing lies below it', folder.path, folder.kind
      using errcode = 'PS409', detail = 'parent_id', hint = 'name a folder';
  end if;
  if not pgswarm.takes_entries(sight, folder) then
    raise exception 'folder % is shared and takes no entries of others', folder.path
      using errcode = 'PS409', detail = 'parent_id', hint = 'choose a portal (list_level says which are), or a folder of your own';
  end if;
end
$$;
