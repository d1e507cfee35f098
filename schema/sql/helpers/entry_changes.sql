-- Keeps what some entries are now, before they change.
create or replace function pgswarm.keep_versions(entry_ids uuid[], removed_at timestamptz default null) returns void
language sql volatile as $$
  insert into pgswarm.entry_version (
    swarm_id, blueprint_id, entry_id, version, owner_id, space, parent_id, path, name, kind, description, blob, size, fields,
    search, target_id, derived_from, author_node_id, author, portal, created_at, at, outdated_at, removed_at, removed_by)
  select e.swarm_id, e.blueprint_id, e.entry_id, e.version, e.owner_id, e.space, e.parent_id, e.path, e.name, e.kind,
         e.description, e.blob, e.size, e.fields, e.search, e.target_id, e.derived_from, e.author_node_id, e.author, e.portal,
         e.created_at, e.updated_at, e.outdated_at, keep_versions.removed_at, case when keep_versions.removed_at is not null then pgswarm.current_actor() end
    from pgswarm.space_entry e
   where e.entry_id = any (keep_versions.entry_ids)
$$;

-- Tells what became of some entries of a swarm: an event each, in the given order. A blueprint has no events.
create or replace function pgswarm.tell_entries(swarm_id uuid, at timestamptz, what text, node_id uuid, entry_ids uuid[]) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_first bigint;
begin
  if tell_entries.swarm_id is null or cardinality(entry_ids) = 0 then
    return;
  end if;
  with told as (
    insert into pgswarm.event (swarm_id, seq, node_id, kind, verb, actor, at, nodes, data)
    select tell_entries.swarm_id, last.seq + row_number() over (order by u.o), tell_entries.node_id, e.space || '.' || what, null,
           pgswarm.current_actor(), tell_entries.at, last.nodes, to_jsonb(e)
      from unnest(entry_ids) with ordinality u(entry_id, o)
      join pgswarm.space_entry e on e.entry_id = u.entry_id
     cross join lateral (select v.seq, v.nodes from pgswarm.event v where v.swarm_id = tell_entries.swarm_id order by v.seq desc limit 1) last
    returning seq
  )
  select min(t.seq) into v_first from told t;
  perform pgswarm.notify_since(tell_entries.swarm_id, v_first);
end
$$;

-- Marks what was derived from some entries as out of date, and what was derived from that, however far.
create or replace function pgswarm.mark_dependants(sight pgswarm.sight, entry_ids uuid[], at timestamptz, node_id uuid) returns void
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_marked uuid[];
begin
  with recursive changed as (
    select u.entry_id from unnest(mark_dependants.entry_ids) u(entry_id)
    union
    select e.entry_id
      from changed c
      join pgswarm.space_entry e on e.derived_from @> array[c.entry_id] and e.derived_from <> '{}'
     where e.scope_id = sight.layers[1]
  ),
  marked as (
    update pgswarm.space_entry e set status = 'out_of_date', outdated_at = mark_dependants.at
      from changed c
     where e.entry_id = c.entry_id and e.entry_id <> all (mark_dependants.entry_ids) and e.status <> 'out_of_date'
    returning e.entry_id
  )
  select array_agg(m.entry_id order by m.entry_id) into v_marked from marked m;
  perform pgswarm.tell_entries(sight.swarm_id, mark_dependants.at, 'out_of_date', mark_dependants.node_id, coalesce(v_marked, '{}'));
end
$$;

-- Writes the paths below some entries of a layer anew, after their place has changed.
create or replace function pgswarm.write_paths(scope_id uuid, entry_ids uuid[]) returns void
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  with recursive tree as (
    select e.entry_id, pgswarm.path_below(p.path, e.name) as path
      from unnest(write_paths.entry_ids) u(entry_id)
      join pgswarm.space_entry e on e.entry_id = u.entry_id
      join pgswarm.space_entry p on p.entry_id = e.parent_id
    union all
    select e.entry_id, pgswarm.path_below(t.path, e.name)
      from tree t join pgswarm.space_entry e on e.parent_id = t.entry_id and e.scope_id = write_paths.scope_id
  )
  update pgswarm.space_entry e set path = t.path from tree t where e.entry_id = t.entry_id and e.path <> t.path;
end
$$;

-- Takes entries away, with all below them and the pointers to them; their last version is kept. Returns how many.
create or replace function pgswarm.drop_entries(sight pgswarm.sight, entry_ids uuid[], at timestamptz, node_id uuid) returns integer
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_ids uuid[];
begin
  select array_agg(b order by b) into v_ids from pgswarm.entries_below(sight.layers[1], drop_entries.entry_ids) b;
  select v_ids || coalesce(array_agg(p.entry_id order by p.entry_id), '{}') into v_ids
    from pgswarm.space_entry p
   where p.target_id = any (v_ids) and p.scope_id = sight.layers[1] and p.entry_id <> all (v_ids);
  perform pgswarm.mark_dependants(sight, v_ids, drop_entries.at, drop_entries.node_id);
  perform pgswarm.keep_versions(v_ids, drop_entries.at);
  perform pgswarm.tell_entries(sight.swarm_id, drop_entries.at, 'removed', drop_entries.node_id, v_ids);
  perform pgswarm.drop_passages(v_ids);
  delete from pgswarm.space_entry e where e.entry_id = any (v_ids);
  return cardinality(v_ids);
end
$$;

-- Locks a swarm for a change of its entries; what has ended is closed. Returns the moment of the verb.
create or replace function pgswarm.begin_change(sight pgswarm.sight) returns timestamptz
language plpgsql volatile as $$
#variable_conflict use_column
begin
  perform pgswarm.lock_swarms(array[sight.layers[1]]);
  if sight.swarm_id is null then
    if (select b.used_at from pgswarm.blueprint b where b.blueprint_id = sight.blueprint_id) is not null then
      raise exception 'blueprint % is in use: it does not change any more', sight.blueprint_id
        using errcode = 'PS409', detail = 'blueprint_id', hint = 'make a new version that stands on it: create_blueprint with based_on';
    end if;
    return pgswarm.clock();
  end if;
  perform pgswarm.swarm_status(sight.swarm_id);
  return pgswarm.next_event_at(sight.swarm_id);
end
$$;
