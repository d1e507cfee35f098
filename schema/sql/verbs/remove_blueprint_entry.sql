-- Takes an entry, with all below it, out of a blueprint that is not in use yet. What an earlier version brought is left out of
-- this one and stays in that. Returns how many entries went (left out: 1).
create or replace function pgswarm.remove_blueprint_entry(blueprint_id uuid, entry_id uuid) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(null, coalesce(remove_blueprint_entry.blueprint_id, pgswarm.built_in_scope()));
  v pgswarm.space_entry := pgswarm.seen_entry(v_sight, remove_blueprint_entry.entry_id);
  v_at timestamptz;
begin
  perform pgswarm.require_own_blueprint(remove_blueprint_entry.blueprint_id);
  v_at := pgswarm.begin_change(v_sight);
  v := pgswarm.seen_entry(v_sight, remove_blueprint_entry.entry_id);
  if v.scope_id = v_sight.layers[1] then
    return pgswarm.drop_entries(v_sight, array[v.entry_id], v_at, null);
  end if;
  if v.parent_id is null then
    raise exception 'the root of a space cannot be left out'
      using errcode = 'PS409', detail = 'entry_id', hint = 'name an entry below it';
  end if;
  update pgswarm.blueprint b set hidden_ids = b.hidden_ids || v.entry_id where b.blueprint_id = v_sight.blueprint_id;
  return 1;
end
$$;
