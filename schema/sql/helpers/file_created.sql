-- Files the next version of an action in a swarm's own action space: where the one in force lies, if that is a place of its own, else as
-- `created/<name>`. The caller holds the lock, and has looked whether it may.
create or replace function pgswarm.file_created(
  sight pgswarm.sight, action_id text, node_id uuid, description text, code bytea, fields jsonb, at timestamptz
) returns pgswarm.space_entry
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_known uuid;
  v_last integer;
  v_place pgswarm.space_entry;
  v pgswarm.space_entry;
begin
  select max(c.version), (array_agg(c.entry_id) filter (where c.newest))[1] into v_last, v_known
    from pgswarm.created_actions(sight.swarm_id, file_created.action_id) c;
  if v_known is not null then
    v_place := pgswarm.seen_entry(sight, v_known);
    v.name := v_place.name;
    select p.* into v_place from pgswarm.space_entry p where p.entry_id = v_place.parent_id;
  end if;
  if v_place.entry_id is null or not pgswarm.takes_entries(sight, v_place) then
    v_place := pgswarm.folder_for(sight, 'action', 'created', file_created.node_id, file_created.at);
    v.name := split_part(file_created.action_id, '/', 2);
    if (pgswarm.child_at(sight, v_place.entry_id, v.name)).entry_id is distinct from v_known then
      raise exception 'name created/% is taken in the action space', v.name
        using errcode = 'PS409', detail = 'name', hint = 'choose another name';
    end if;
  end if;
  v.space := 'action';
  v.parent_id := v_place.entry_id;
  v.kind := 'action';
  v.description := file_created.description;
  v.fields := file_created.fields || jsonb_build_object(
    'action_id', file_created.action_id, 'source', 'created', 'routable', true, 'version', 1 + coalesce(v_last, 0));
  v.author_node_id := file_created.node_id;
  return pgswarm.file_entry(sight, v, file_created.code, file_created.at);
end
$$;

-- Takes the version that a blueprint has over into a swarm, as the newest one there, with where it comes from.
create or replace function pgswarm.take_action(swarm_id uuid, taken pgswarm.created, blueprint_id uuid) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(take_action.swarm_id);
  v_at timestamptz := pgswarm.begin_change(v_sight);
begin
  perform pgswarm.file_created(v_sight, (taken).action_id, null, (taken).description, convert_to((taken).code, 'UTF8'),
    (taken).fields || jsonb_build_object('approval', (taken).fields -> 'approval' || jsonb_build_object(
      'taken_by', pgswarm.current_actor(), 'taken_at', v_at, 'from_blueprint', take_action.blueprint_id)), v_at);
end
$$;

-- The version that a blueprint has, with its code, to stand for one of a swarm's: it must be another content, and one that may run.
create or replace function pgswarm.better_version(swarm_id uuid, action_id text, version integer, blueprint_id uuid) returns pgswarm.created
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_better pgswarm.created;
  v_version integer;
begin
  perform pgswarm.known_blueprint(better_version.blueprint_id);
  select c.version into v_version
    from pgswarm.created_actions(null, better_version.action_id, null, better_version.blueprint_id) c where c.newest;
  if v_version is null then
    raise exception 'the blueprint does not have %', better_version.action_id
      using errcode = 'PS409', detail = 'blueprint_id', hint = 'merge it into a new version of the blueprint, or name another';
  end if;
  v_better := pgswarm.require_created(null, better_version.action_id, v_version, better_version.blueprint_id);
  if pgswarm.is_revoked(v_better.hash, (select s.owner_id from pgswarm.swarm s where s.swarm_id = better_version.swarm_id)) then
    raise exception 'version % of % in the blueprint was revoked', v_better.version, better_version.action_id
      using errcode = 'PS409', detail = 'blueprint_id', hint = 'merge a better one into a new version of it';
  end if;
  if exists (select from pgswarm.created_actions(better_version.swarm_id, better_version.action_id, better_version.version) c
              where c.hash = v_better.hash) then
    raise exception 'the blueprint has the same content: it would do the same again'
      using errcode = 'PS409', detail = 'blueprint_id', hint = 'merge a better one into a new version of it';
  end if;
  return v_better;
end
$$;
