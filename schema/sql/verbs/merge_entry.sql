-- Merges an entry of a swarm's own into another: a folder gives all that it holds to the other folder, level by level; of two
-- entries with the same content one stays; another content of a taken name gets a number behind its name. What pointed to what
-- went, or was derived from it, goes by what stayed. Returns how many entries went, the folder itself among them.
create or replace function pgswarm.merge_entry(
  swarm_id uuid, entry_id uuid, into_id uuid, node_id uuid default null, if_version integer default null
) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(merge_entry.swarm_id);
  v_from pgswarm.space_entry := pgswarm.seen_entry(v_sight, merge_entry.entry_id);
  v_into pgswarm.space_entry := pgswarm.seen_entry(v_sight, merge_entry.into_id, 'into_id');
  v_folder boolean;
  v_gone uuid[];
  v_heirs uuid[];
  v_at timestamptz;
begin
  v_at := pgswarm.begin_change(v_sight);
  v_from := pgswarm.own_entry(v_sight, merge_entry.entry_id, merge_entry.if_version);
  v_into := pgswarm.seen_entry(v_sight, merge_entry.into_id, 'into_id');
  select k.holds into v_folder from pgswarm.entry_kind k where k.space = v_from.space and k.kind = v_from.kind;
  if v_from.entry_id = v_into.entry_id or v_from.space <> v_into.space
     or exists (select from pgswarm.entry_line(v_into.entry_id) l where l.entry_id = v_from.entry_id) then
    raise exception '% cannot be merged into %', v_from.path, v_into.path
      using errcode = 'PS409', detail = 'into_id', hint = 'name another entry of the same space, which does not lie below it';
  end if;
  if v_folder then
    perform pgswarm.require_place(v_sight, v_into, v_from.space);
    select m.gone, m.heirs into v_gone, v_heirs
      from pgswarm.merge_levels(v_sight, v_from.entry_id, v_into.entry_id, v_at, merge_entry.node_id) m;
  elsif (v_from.kind, v_from.blob, v_from.target_id) is not distinct from (v_into.kind, v_into.blob, v_into.target_id) then
    v_gone := array[v_from.entry_id];
    v_heirs := array[v_into.entry_id];
  else
    raise exception '% and % hold different things', v_from.path, v_into.path
      using errcode = 'PS409', detail = 'into_id', hint = 'remove the one that is not wanted: remove_entry';
  end if;
  perform pgswarm.inherit_references(v_sight, v_gone, v_heirs, v_at, merge_entry.node_id);
  return pgswarm.drop_entries(v_sight, v_gone, v_at, merge_entry.node_id);
end
$$;
