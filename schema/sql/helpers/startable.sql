-- The row by which a swarm's root is made, for an owner: an action that processors have, or one of the blueprint's own.
create or replace function pgswarm.startable_action(action_id text, blueprint pgswarm.blueprint, owner uuid) returns pgswarm.action
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_action pgswarm.action;
begin
  select * into v_action from pgswarm.action a where a.action_id = startable_action.action_id;
  if found then
    return v_action;
  end if;
  if startable_action.action_id like 'created/%' then
    return pgswarm.startable_created(startable_action.action_id, blueprint, startable_action.owner);
  end if;
  raise exception 'action % is not known', coalesce(startable_action.action_id, 'null')
    using errcode = 'PS422', detail = 'action',
          hint = 'see the table pgswarm.action for those that are; a processor registers its own at its start';
end
$$;

create or replace function pgswarm.startable_created(action_id text, blueprint pgswarm.blueprint, owner uuid) returns pgswarm.action
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_action pgswarm.action;
  v_sight pgswarm.sight;
  v_found pgswarm.created;
begin
  if (blueprint).blueprint_id is not null then
    v_sight := pgswarm.sight_of(null, (blueprint).blueprint_id);
    v_sight.owner_id := startable_created.owner;
    select a.action_id, pgswarm.version_in_sight(v_sight, startable_created.action_id), a.description, a.timeout_s, a.max_attempts
      into v_action.action_id, v_action.version, v_action.description, v_action.timeout_s, v_action.max_attempts
      from pgswarm.action a where a.action_id = 'action/run';
    select c.* into v_found
      from pgswarm.created_actions(null, startable_created.action_id, null, (blueprint).blueprint_id) c where c.newest;
  end if;
  if v_action.version is null then
    perform pgswarm.unstartable(startable_created.action_id, blueprint, startable_created.owner, v_found);
  end if;
  v_action.action_id := startable_created.action_id;
  v_action.input_schema := v_found.fields -> 'input_schema';
  return v_action;
end
$$;

-- Says why no swarm can start with an action of those that swarms make, and how one could.
create or replace function pgswarm.unstartable(action_id text, blueprint pgswarm.blueprint, owner uuid, version pgswarm.created) returns void
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_names text;
begin
  if (version).action_id is not null then
    raise exception 'version % of % in the blueprint % may not run', (version).version, unstartable.action_id, (blueprint).name
      using errcode = 'PS422', detail = 'action', hint = case
        when pgswarm.is_revoked((version).hash, unstartable.owner) then 'it was revoked: merge a better version into a new version of the blueprint'
        else 'no processor here runs such actions: start one (it registers action/run)' end;
  end if;
  select string_agg(b.name, ', ' order by b.name) into v_names
    from (select distinct b.name
            from pgswarm.blueprint b
           where (b.owner_id is null or b.owner_id is not distinct from unstartable.owner)
             and exists (select from unnest(b.blueprint_id || b.base_ids) l(scope_id)
                           join pgswarm.space_entry e on e.scope_id = l.scope_id and e.fields ->> 'source' = 'created'
                            and e.fields ->> 'action_id' = unstartable.action_id)
           order by b.name limit 5) b;
  raise exception 'action % is one that swarms make: %', unstartable.action_id,
      coalesce('the blueprint ' || (blueprint).name || ' does not have it', 'a swarm starts with it by a blueprint that has it')
    using errcode = 'PS422', detail = 'action',
          hint = coalesce('name a blueprint that has it: ' || v_names, 'merge it into one first: `pgswarm actions merge`, or POST /v1/blueprints');
end
$$;
