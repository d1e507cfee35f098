-- Moves all that lies below one folder below another, level by level. Returns the entries that have a twin there, folders and
-- equal contents, each with that twin, for the caller to take away.
create or replace function pgswarm.merge_levels(
  sight pgswarm.sight, from_id uuid, into_id uuid, at timestamptz, node_id uuid, out gone uuid[], out heirs uuid[]
)
language plpgsql volatile set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_from uuid[] := array[from_id];
  v_into uuid[] := array[into_id];
  v_twins uuid[];
  v_theirs uuid[];
  v_moved uuid[];
  v_entry record;
  v_number integer;
begin
  gone := v_from;
  heirs := v_into;
  while cardinality(v_from) > 0 loop
    -- in both folders: folders that are merged in their turn, and equal contents
    select coalesce(array_agg(c.entry_id), '{}'), coalesce(array_agg(t.entry_id), '{}') into v_twins, v_theirs
      from unnest(v_from, v_into) f(from_id, into_id)
      join pgswarm.space_entry c on c.parent_id = f.from_id and c.scope_id = sight.layers[1]
      join pgswarm.entry_kind k on k.space = c.space and k.kind = c.kind
     cross join lateral pgswarm.child_at(sight, f.into_id, c.name) t
     where t.entry_id is not null
       and (k.holds and pgswarm.takes_entries(sight, t)
            or not k.holds and (c.kind, c.blob, c.target_id) is not distinct from (t.kind, t.blob, t.target_id));
    select coalesce(array_agg(c.entry_id order by c.entry_id), '{}') into v_moved
      from pgswarm.space_entry c
     where c.parent_id = any (v_from) and c.scope_id = sight.layers[1] and c.entry_id <> all (v_twins);
    perform pgswarm.keep_versions(v_moved);
    for v_entry in
      select c.entry_id, c.name, f.into_id from unnest(v_from, v_into) f(from_id, into_id)
        join pgswarm.space_entry c on c.parent_id = f.from_id and c.entry_id = any (v_moved)
    loop
      v_number := 1;
      while (pgswarm.child_at(sight, v_entry.into_id, pgswarm.numbered(v_entry.name, v_number))).entry_id is not null loop
        v_number := v_number + 1;
      end loop;
      update pgswarm.space_entry e
         set parent_id = v_entry.into_id, name = pgswarm.numbered(v_entry.name, v_number), version = e.version + 1,
             author_node_id = merge_levels.node_id, author = pgswarm.current_actor(), updated_at = merge_levels.at
       where e.entry_id = v_entry.entry_id;
    end loop;
    perform pgswarm.write_paths(sight.layers[1], v_moved);
    perform pgswarm.tell_entries(sight.swarm_id, merge_levels.at, 'moved', merge_levels.node_id, v_moved);
    gone := gone || v_twins;
    heirs := heirs || v_theirs;
    select coalesce(array_agg(p.c), '{}'), coalesce(array_agg(p.t), '{}') into v_from, v_into
      from unnest(v_twins, v_theirs) p(c, t)
      join pgswarm.space_entry e on e.entry_id = p.c
      join pgswarm.entry_kind k on k.space = e.space and k.kind = e.kind and k.holds;
  end loop;
end
$$;

-- A name with a number before its ending: `notes.md`, `notes (2).md`.
create or replace function pgswarm.numbered(name text, number integer) returns text
language sql immutable parallel safe as $$
  select case when number = 1 then name
              else left(regexp_replace(name, '(\.[^.]{1,10})?$', ''), 240) || ' (' || number || ')'
                   || coalesce(substring(name from '\.[^.]{1,10}$'), '') end
$$;

-- What pointed to entries that go, or was derived from them, goes by their heirs from now on.
create or replace function pgswarm.inherit_references(
  sight pgswarm.sight, gone uuid[], heirs uuid[], at timestamptz, node_id uuid
) returns void
language plpgsql volatile set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_changed uuid[];
begin
  select coalesce(array_agg(e.entry_id order by e.entry_id), '{}') into v_changed
    from pgswarm.space_entry e
   where e.scope_id = sight.layers[1] and e.entry_id <> all (gone)
     and (e.target_id is not null and e.target_id = any (gone) or e.derived_from <> '{}' and e.derived_from && gone);
  perform pgswarm.keep_versions(v_changed);
  update pgswarm.space_entry e
     set target_id = coalesce(heirs[array_position(gone, e.target_id)], e.target_id),
         derived_from = array(select coalesce(heirs[array_position(gone, d)], d) from unnest(e.derived_from) d),
         version = e.version + 1, updated_at = inherit_references.at, author_node_id = inherit_references.node_id,
         author = pgswarm.current_actor()
   where e.entry_id = any (v_changed);
  perform pgswarm.tell_entries(sight.swarm_id, inherit_references.at, 'saved', inherit_references.node_id, v_changed);
end
$$;
