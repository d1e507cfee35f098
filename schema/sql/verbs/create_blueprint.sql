-- Makes a version of a blueprint: settings (with the names of options), names of the keys that it needs, and, once entries are
-- filed, spaces. Standing on an earlier version it has all of that one's entries by reference, and its settings and keys where
-- none are given. It may be changed until a swarm starts from it or a version stands on it. `shared`: everybody's (admins only).
create or replace function pgswarm.create_blueprint(
  name text, description text default '', settings jsonb default null, keys text[] default null,
  based_on uuid default null, owner uuid default null, shared boolean default false
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_owner uuid := pgswarm.owner_for(create_blueprint.owner);
  v_base pgswarm.blueprint;
  v pgswarm.blueprint;
  v_key text;
begin
  if create_blueprint.based_on is not null then
    v_base := pgswarm.known_blueprint(create_blueprint.based_on, 'based_on');
  end if;
  if create_blueprint.shared then
    perform pgswarm.require_admin('make a blueprint that is everybody''s');
    v_owner := null;
  end if;
  if btrim(coalesce(name, '')) = '' or length(name) > 100 or name ~ '[[:cntrl:]]' or pgswarm.is_id(to_jsonb(name)) then
    raise exception 'name % cannot be that of a blueprint', coalesce(quote_literal(left(name, 40)), 'null')
      using errcode = 'PS422', detail = 'name', hint = 'from 1 to 100 characters in one line, and no id';
  end if;
  v.settings := coalesce(settings, v_base.settings, '{}');
  perform pgswarm.check_settings(v.settings);
  v.keys := coalesce(keys, v_base.keys, '{}');
  foreach v_key in array v.keys loop
    if v_key is null or v_key !~ '^[A-Za-z_][A-Za-z0-9_]{0,99}$' then
      raise exception 'keys: % is not the name of one', coalesce(quote_literal(left(v_key, 40)), 'null')
        using errcode = 'PS422', detail = 'keys', hint = 'the name of an environment variable of the processors, never its value';
    end if;
  end loop;
  perform pgswarm.lock_swarms(array[
    pgswarm.built_in_id('blueprint', coalesce(v_owner::text, '') || '/' || name),
    case when v_base.used_at is null then v_base.blueprint_id end]);
  perform pgswarm.use_blueprint(v_base);
  select coalesce(max(b.version), 0) + 1 into v.version from pgswarm.blueprint b
   where b.owner_id is not distinct from v_owner and b.name = create_blueprint.name;
  insert into pgswarm.blueprint as b (
    blueprint_id, owner_id, name, version, description, settings, keys, base_ids, hidden_ids, author, created_at)
  values (
    pgswarm.new_id(), v_owner, create_blueprint.name, v.version, coalesce(create_blueprint.description, ''), v.settings, v.keys,
    case when v_base.blueprint_id is null then '{}' else v_base.blueprint_id || v_base.base_ids end,
    coalesce(v_base.hidden_ids, '{}'), pgswarm.current_actor(), pgswarm.clock())
  returning b.* into v;
  return v.blueprint_id;
end
$$;
