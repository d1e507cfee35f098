-- A swarm's options, with those of the blueprint that they name in place of what they leave out. A blueprint's settings have
-- the names of options; one limit of a budget goes before the blueprint's, the others stay.
create or replace function pgswarm.with_blueprint(options jsonb, owner uuid) returns jsonb
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_settings jsonb;
begin
  if jsonb_typeof(options) <> 'object' or not options ? 'blueprint' then
    return options;
  end if;
  if not coalesce(pgswarm.is_id(options -> 'blueprint'), false) then
    raise exception 'options.blueprint is not the id of a blueprint'
      using errcode = 'PS422', detail = 'options.blueprint', hint = 'see the table pgswarm.blueprint for those that are';
  end if;
  select b.settings into v_settings from pgswarm.blueprint b
   where b.blueprint_id = (options ->> 'blueprint')::uuid
     and (b.owner_id is null or b.owner_id is not distinct from with_blueprint.owner);
  if not found then
    raise exception 'blueprint % is not known', options ->> 'blueprint'
      using errcode = 'PS404', detail = 'options.blueprint', hint = 'see the table pgswarm.blueprint for those that are';
  end if;
  select coalesce(jsonb_object_agg(s.key, s.value), '{}') into v_settings
    from jsonb_each(v_settings) s where s.key in ('budget', 'priority', 'share', 'approve', 'model');
  return v_settings || options
    || case when v_settings ? 'budget' and jsonb_typeof(options -> 'budget') = 'object'
            then jsonb_build_object('budget', (v_settings -> 'budget') || (options -> 'budget')) else '{}' end;
end
$$;
