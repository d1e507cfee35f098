-- Files an entry in a space of a blueprint that is not in use yet, as `save_entry` does in a swarm's. `portal`: whether swarms
-- may attach their own entries below it.
create or replace function pgswarm.save_blueprint_entry(
  blueprint_id uuid, name text, kind text, description text default null, folder text default '', content bytea default null,
  space text default 'memory', parent_id uuid default null, fields jsonb default null, search text default null,
  target_id uuid default null, portal boolean default null
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(null, coalesce(save_blueprint_entry.blueprint_id, pgswarm.built_in_scope()));
  v pgswarm.space_entry;
  v_at timestamptz;
begin
  perform pgswarm.require_own_blueprint(save_blueprint_entry.blueprint_id);
  perform pgswarm.require_space(save_blueprint_entry.space);
  perform pgswarm.require_name(save_blueprint_entry.name);
  perform pgswarm.require_not_created(save_blueprint_entry.fields);
  perform pgswarm.require_content(save_blueprint_entry.name, save_blueprint_entry.content);
  v_at := pgswarm.begin_change(v_sight);
  v.space := save_blueprint_entry.space;
  v.parent_id := coalesce(save_blueprint_entry.parent_id, (pgswarm.folder_for(
    v_sight, save_blueprint_entry.space, save_blueprint_entry.folder, null, v_at)).entry_id);
  v.name := save_blueprint_entry.name;
  v.kind := save_blueprint_entry.kind;
  v.description := save_blueprint_entry.description;
  v.fields := save_blueprint_entry.fields;
  v.search := save_blueprint_entry.search;
  v.target_id := save_blueprint_entry.target_id;
  v.portal := save_blueprint_entry.portal;
  return (pgswarm.file_entry(v_sight, v, save_blueprint_entry.content, v_at)).entry_id;
end
$$;
