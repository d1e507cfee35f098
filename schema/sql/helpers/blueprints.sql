-- A blueprint; PS404 where it is not known, or is another's. Those that nobody owns are everybody's.
create or replace function pgswarm.known_blueprint(blueprint_id uuid, field text default 'blueprint_id') returns pgswarm.blueprint
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_blueprint pgswarm.blueprint;
begin
  select b.* into v_blueprint from pgswarm.blueprint b
   where b.blueprint_id = known_blueprint.blueprint_id and (b.owner_id is null or pgswarm.may_see(b.owner_id));
  if not found then
    perform pgswarm.unknown_blueprint(known_blueprint.blueprint_id::text, known_blueprint.field);
  end if;
  return v_blueprint;
end
$$;

create or replace function pgswarm.unknown_blueprint(called text, field text) returns void
language plpgsql stable as $$
begin
  raise exception 'blueprint % is not known', coalesce(called, 'null')
    using errcode = 'PS404', detail = field, hint = 'see the table pgswarm.blueprint for those that are';
end
$$;

-- The same for one that is to be changed: its owner's, and where it is everybody's, an admin's.
create or replace function pgswarm.require_own_blueprint(blueprint_id uuid) returns void
language plpgsql stable as $$
begin
  if (pgswarm.known_blueprint(require_own_blueprint.blueprint_id)).owner_id is null then
    perform pgswarm.require_admin('change a blueprint that is everybody''s');
  end if;
end
$$;

-- The blueprint that options name, by the id of a version or by a name: then the newest version, the owner's own before
-- everybody's. Null where they name none.
create or replace function pgswarm.blueprint_of(options jsonb, owner uuid) returns pgswarm.blueprint
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_blueprint pgswarm.blueprint;
begin
  if jsonb_typeof(options) <> 'object' or not options ? 'blueprint' then
    return null;
  end if;
  if jsonb_typeof(options -> 'blueprint') <> 'string' then
    raise exception 'options.blueprint is neither the id of a blueprint nor the name of one'
      using errcode = 'PS422', detail = 'options.blueprint', hint = 'see the table pgswarm.blueprint for those that are';
  end if;
  select b.* into v_blueprint from pgswarm.blueprint b
   where (b.owner_id is null or b.owner_id is not distinct from blueprint_of.owner)
     and case when pgswarm.is_id(options -> 'blueprint') then b.blueprint_id = (options ->> 'blueprint')::uuid
              else b.name = options ->> 'blueprint' end
   order by b.owner_id is null, b.version desc
   limit 1;
  if not found then
    perform pgswarm.unknown_blueprint(options ->> 'blueprint', 'options.blueprint');
  end if;
  return v_blueprint;
end
$$;

-- A swarm's options, with those of its blueprint in place of what they leave out. A blueprint's settings have the names of
-- options; one limit of a budget goes before the blueprint's, the others stay.
create or replace function pgswarm.with_blueprint(options jsonb, blueprint pgswarm.blueprint) returns jsonb
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_settings jsonb;
begin
  if (blueprint).blueprint_id is null then
    return options;
  end if;
  select coalesce(jsonb_object_agg(s.key, s.value), '{}') into v_settings
    from jsonb_each((blueprint).settings) s where s.key in ('budget', 'priority', 'share', 'approve', 'create', 'model');
  return v_settings || options
    || case when v_settings ? 'budget' and jsonb_typeof(options -> 'budget') = 'object'
            then jsonb_build_object('budget', (v_settings -> 'budget') || (options -> 'budget')) else '{}' end;
end
$$;

-- From its first use a version of a blueprint does not change. The caller holds its lock if `used_at` was null.
create or replace function pgswarm.use_blueprint(blueprint pgswarm.blueprint) returns void
language plpgsql volatile as $$
#variable_conflict use_column
begin
  if (blueprint).blueprint_id is not null and (blueprint).used_at is null then
    update pgswarm.blueprint b set used_at = pgswarm.clock()
     where b.blueprint_id = (blueprint).blueprint_id and b.used_at is null;
  end if;
end
$$;

-- Refuses settings that are no options which a blueprint can give.
create or replace function pgswarm.check_settings(settings jsonb) returns void
language plpgsql stable as $$
declare
  v_key text;
begin
  if jsonb_typeof(settings) <> 'object' then
    raise exception 'settings must be an object, not %', jsonb_typeof(settings)
      using errcode = 'PS422', detail = 'settings', hint = 'for example {"budget": {"nodes": 300}}';
  end if;
  for v_key in select k from jsonb_object_keys(settings) k where k not in ('budget', 'priority', 'share', 'approve', 'create', 'model') loop
    raise exception 'settings.% is not known', v_key
      using errcode = 'PS422', detail = 'settings.' || v_key, hint = 'known: budget, priority, share, approve, create, model';
  end loop;
  perform pgswarm.swarm_from_options(settings);
end
$$;
