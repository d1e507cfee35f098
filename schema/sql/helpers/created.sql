-- Actions that swarms made. Their ids begin with `created/`; what they are stands in the action space of the swarm or the
-- blueprint, and there alone: the table `action` has only `action/run`, which runs them all. A node pins the version that it was
-- spawned with.

-- Whether a content, known by its hash, may not be used any more by what an owner has.
create or replace function pgswarm.is_revoked(hash text, owner uuid) returns boolean
language sql stable as $$
  select exists (
    select from pgswarm.revoked_action r
     where r.hash = is_revoked.hash and (r.owner_id is null or r.owner_id is not distinct from is_revoked.owner))
$$;

-- The newest version of an action that somebody sees; null where there is none that may run.
create or replace function pgswarm.version_in_sight(sight pgswarm.sight, action_id text) returns integer
language plpgsql stable set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_fields jsonb;
begin
  if not exists (select from pgswarm.action a where a.action_id = 'action/run') then
    return null;
  end if;
  select e.fields into v_fields
    from unnest(sight.layers) with ordinality l(scope_id, rank)
    join pgswarm.space_entry e on e.scope_id = l.scope_id
   where e.fields ->> 'action_id' = version_in_sight.action_id and e.fields ->> 'source' = 'created'
     and e.space = 'action' and e.entry_id <> all (sight.hidden)
   order by l.rank, e.entry_id
   limit 1;
  return case when not pgswarm.is_revoked(v_fields ->> 'hash', sight.owner_id) then (v_fields ->> 'version')::integer end;
end
$$;

create or replace function pgswarm.created_version(swarm_id uuid, action_id text) returns integer
language sql stable as $$
  select pgswarm.version_in_sight(pgswarm.sight_of(created_version.swarm_id), created_version.action_id)
$$;

-- The row by which a swarm's root is made: an action that processors have, or one of the blueprint's own.
create or replace function pgswarm.startable_action(action_id text, blueprint_id uuid) returns pgswarm.action
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_action pgswarm.action;
  v_version integer;
begin
  select * into v_action from pgswarm.action a where a.action_id = startable_action.action_id;
  if not found and startable_action.action_id like 'created/%' and startable_action.blueprint_id is not null then
    v_version := pgswarm.version_in_sight(pgswarm.sight_of(null, startable_action.blueprint_id), startable_action.action_id);
    select a.action_id, v_version, a.description, c.fields -> 'input_schema', a.timeout_s, a.max_attempts
      into v_action.action_id, v_action.version, v_action.description, v_action.input_schema, v_action.timeout_s,
           v_action.max_attempts
      from pgswarm.action a
      join pgswarm.created_actions(null, startable_action.action_id, v_version, startable_action.blueprint_id) c on c.newest
     where a.action_id = 'action/run' and v_version is not null;
    v_action.action_id := case when found then startable_action.action_id end;
  end if;
  if v_action.action_id is null then
    raise exception 'action % is not known', coalesce(startable_action.action_id, 'null')
      using errcode = 'PS422', detail = 'action',
            hint = 'see the table pgswarm.action for those that are; a processor registers its own at its start';
  end if;
  return v_action;
end
$$;

-- One version of an action, with its code; PS404 where a swarm (or a blueprint) does not have it.
create or replace function pgswarm.require_created(swarm_id uuid, action_id text, version integer, blueprint_id uuid) returns pgswarm.created
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_found pgswarm.created;
begin
  select * into v_found from pgswarm.created_actions(
    require_created.swarm_id, coalesce(require_created.action_id, ''), coalesce(require_created.version, 0), require_created.blueprint_id);
  if v_found.action_id is null then
    raise exception 'version % of the action % is not known', coalesce(require_created.version::text, 'null'), coalesce(require_created.action_id, 'null')
      using errcode = 'PS404', detail = 'action_id', hint = 'see created_actions for those that are there';
  end if;
  return v_found;
end
$$;

-- Refuses an action under an id of those that swarms make, by a verb that asks for no approval.
create or replace function pgswarm.require_not_created(fields jsonb) returns void
language plpgsql immutable as $$
begin
  if fields ->> 'action_id' like 'created/%' then
    raise exception 'fields.action_id % is that of an action which a swarm made', fields ->> 'action_id'
      using errcode = 'PS422', detail = 'fields', hint = 'have it made by action/create, or merge it into the blueprint';
  end if;
end
$$;
