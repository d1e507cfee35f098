-- Puts a folder of the built-in tree in its place, or gives it its present description.
create or replace function pgswarm.file_built_in(space text, path text, name text, description text) returns void
language sql volatile as $$
  insert into pgswarm.space_entry as e (
    entry_id, space, parent_id, path, name, kind, description, portal, author, created_at, updated_at)
  values (
    pgswarm.built_in_id(space, path), file_built_in.space,
    case path when '' then null else pgswarm.built_in_id(space, regexp_replace(path, '/?[^/]+$', '')) end,
    file_built_in.path, file_built_in.name, 'folder', file_built_in.description, true, 'pgswarm', pgswarm.clock(), pgswarm.clock())
  on conflict (entry_id) do update
     set description = excluded.description, version = e.version + 1, updated_at = excluded.updated_at
   where e.description <> excluded.description
$$;

-- The tree of the actions that processors bring: a folder for each part of their ids, an entry for each. Rows that are the same
-- already are not written. An element's `folder` says what its folder is for.
create or replace function pgswarm.file_actions(specs jsonb) returns void
language plpgsql volatile as $$
#variable_conflict use_column
begin
  insert into pgswarm.space_entry as e (
    entry_id, space, parent_id, path, name, kind, description, portal, author, created_at, updated_at)
  select pgswarm.built_in_id('action', f.path), 'action',
         pgswarm.built_in_id('action', regexp_replace(f.path, '/?[^/]+$', '')), f.path, split_part(f.path, '/', -1), 'folder',
         coalesce(max(f.said), ''), true, 'pgswarm', pgswarm.clock(), pgswarm.clock()
    from (select array_to_string(p.parts[1:n], '/') as path,
                 case when n = cardinality(p.parts) - 1 then p.said end as said
            from (select string_to_array(s ->> 'action_id', '/') as parts, s ->> 'folder' as said
                    from jsonb_array_elements(specs) s) p
           cross join lateral generate_series(1, cardinality(p.parts) - 1) n) f
   group by f.path
   order by f.path
  on conflict (entry_id) do update
     set description = excluded.description, version = e.version + 1, updated_at = excluded.updated_at
   where excluded.description not in ('', e.description);
  insert into pgswarm.space_entry as e (
    entry_id, space, parent_id, path, name, kind, description, fields, author, created_at, updated_at)
  select pgswarm.built_in_id('action', a.action_id), 'action',
         pgswarm.built_in_id('action', regexp_replace(a.action_id, '/?[^/]+$', '')), a.action_id,
         split_part(a.action_id, '/', -1), 'action', a.description,
         jsonb_strip_nulls(jsonb_build_object(
           'action_id', a.action_id, 'output_schema', s.spec -> 'output_schema', 'keys', s.spec -> 'keys',
           'dependencies', s.spec -> 'dependencies', 'version', a.version, 'timeout_s', a.timeout_s,
           'max_attempts', a.max_attempts, 'routable', a.routable, 'module', a.source,
           'source', case when a.source in ('built_in', 'custom', 'created', 'mcp', 'a2a') then a.source
                          when a.source like 'pgswarm.%' then 'built_in' else 'custom' end))
         || jsonb_build_object('input_schema', a.input_schema),
         'pgswarm', pgswarm.clock(), pgswarm.clock()
    from (select distinct on (v ->> 'action_id') v ->> 'action_id' as action_id, v as spec from jsonb_array_elements(specs) v) s
    join pgswarm.action a on a.action_id = s.action_id
   order by a.action_id
  on conflict (entry_id) do update
     set description = excluded.description, fields = excluded.fields, version = e.version + 1, updated_at = excluded.updated_at
   where e.kind = 'action' and (e.description, e.fields) is distinct from (excluded.description, excluded.fields);
end
$$;
