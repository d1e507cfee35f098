-- Moves an entry of a swarm's own below another folder, gives it another name, or both; what is left out stays. All below it
-- goes along. Its id stays, and so do pointers to it. Returns its version.
create or replace function pgswarm.move_entry(
  swarm_id uuid, entry_id uuid, parent_id uuid default null, name text default null, node_id uuid default null,
  if_version integer default null
) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(move_entry.swarm_id);
  v pgswarm.space_entry := pgswarm.seen_entry(v_sight, move_entry.entry_id);
  v_parent pgswarm.space_entry;
  v_taken pgswarm.space_entry;
  v_name text;
  v_at timestamptz;
begin
  if move_entry.name is not null then
    perform pgswarm.require_name(move_entry.name);
  end if;
  v_parent := pgswarm.seen_entry(v_sight, coalesce(move_entry.parent_id, v.parent_id, v.entry_id), 'parent_id');
  v_at := pgswarm.begin_change(v_sight);
  v := pgswarm.own_entry(v_sight, move_entry.entry_id, move_entry.if_version);
  v_parent := pgswarm.seen_entry(v_sight, coalesce(move_entry.parent_id, v.parent_id), 'parent_id');
  v_name := coalesce(move_entry.name, v.name);
  if (v_parent.entry_id, v_name) = (v.parent_id, v.name) then
    return v.version;
  end if;
  perform pgswarm.require_place(v_sight, v_parent, v.space);
  if exists (select from pgswarm.entry_line(v_parent.entry_id) l where l.entry_id = v.entry_id) then
    raise exception '% lies below %', v_parent.path, v.path
      using errcode = 'PS409', detail = 'parent_id', hint = 'a folder cannot be moved into itself';
  end if;
  v_taken := pgswarm.child_at(v_sight, v_parent.entry_id, v_name);
  if v_taken.entry_id is not null then
    raise exception 'name % is taken', v_taken.path
      using errcode = 'PS409', detail = 'name', hint = 'choose another, or merge the two: merge_entry';
  end if;
  perform pgswarm.keep_versions(array[v.entry_id]);
  update pgswarm.space_entry e
     set parent_id = v_parent.entry_id, name = v_name, version = e.version + 1, author_node_id = move_entry.node_id,
         author = pgswarm.current_actor(), updated_at = v_at
   where e.entry_id = v.entry_id;
  perform pgswarm.write_paths(v.scope_id, array[v.entry_id]);
  perform pgswarm.tell_entries(v_sight.swarm_id, v_at, 'moved', move_entry.node_id, array[v.entry_id]);
  return v.version + 1;
end
$$;
