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

-- For whom a content must not be revoked, if somebody who sees it is to use it: a swarm's owner, or a blueprint's; of a blueprint that
-- is everybody's, whoever asks.
create or replace function pgswarm.user_of(sight pgswarm.sight) returns uuid
language sql stable as $$
  select case when sight.swarm_id is null then coalesce(sight.owner_id, pgswarm.account_id()) else sight.owner_id end
$$;

-- The entry of an action as it is in force for somebody: the nearest layer's; its present version. Null where there is none.
create or replace function pgswarm.fields_in_force(sight pgswarm.sight, action_id text) returns jsonb
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_fields jsonb;
begin
  select e.fields into v_fields
    from unnest(sight.layers) with ordinality l(scope_id, rank)
    join pgswarm.space_entry e on e.scope_id = l.scope_id
   where e.fields ->> 'action_id' = fields_in_force.action_id and e.fields ->> 'source' = 'created'
     and e.space = 'action' and not pgswarm.is_hidden(sight, e.entry_id)
   order by l.rank, e.entry_id
   limit 1;
  return v_fields;
end
$$;

-- Whether what is in force under the id of an entry's action was revoked: then nobody is to choose the entry. `fields` are the entry's.
create or replace function pgswarm.is_withdrawn(sight pgswarm.sight, fields jsonb) returns boolean
language plpgsql stable as $$
begin
  if fields ->> 'source' is distinct from 'created' then
    return false;
  end if;
  return pgswarm.is_revoked(
    coalesce(pgswarm.fields_in_force(sight, fields ->> 'action_id'), fields) ->> 'hash', pgswarm.user_of(sight));
end
$$;

-- The fields of an entry as those see them who choose: what was withdrawn is not routable. What nobody made is told first and by
-- itself: an expression with a call in it is planned anew for each entry (a level of texts took six times as long).
create or replace function pgswarm.fields_offered(sight pgswarm.sight, fields jsonb) returns jsonb
language plpgsql stable as $$
begin
  if fields ->> 'source' is distinct from 'created' then
    return fields;
  end if;
  return case when pgswarm.is_withdrawn(sight, fields) then fields || '{"routable": false}' else fields end;
end
$$;

-- The newest version of an action that somebody sees; null where there is none that may run.
create or replace function pgswarm.version_in_sight(sight pgswarm.sight, action_id text) returns integer
language plpgsql stable as $$
declare
  v_fields jsonb;
begin
  if not exists (select from pgswarm.action a where a.action_id = 'action/run') then
    return null;
  end if;
  v_fields := pgswarm.fields_in_force(sight, version_in_sight.action_id);
  return case when not pgswarm.is_revoked(v_fields ->> 'hash', pgswarm.user_of(sight)) then (v_fields ->> 'version')::integer end;
end
$$;

create or replace function pgswarm.created_version(swarm_id uuid, action_id text) returns integer
language sql stable as $$
  select pgswarm.version_in_sight(pgswarm.sight_of(created_version.swarm_id), created_version.action_id)
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
