-- Files what an import brought, in the memory of the swarm that imports, or in that of another one of the same owner: as
-- save_entry does, but that a content needs no description, and a repository is not put over one of another address.
create or replace function pgswarm.import_entry(
  swarm_id uuid, node_id uuid, into_swarm uuid, name text, kind text, folder text, content bytea, fields jsonb, derived_from uuid[]
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_into uuid := pgswarm.memory_of(import_entry.swarm_id, import_entry.into_swarm);
  v_known pgswarm.space_entry;
begin
  if import_entry.kind = 'repository' then
    v_known := pgswarm.entry_at(pgswarm.sight_of(v_into), 'memory',
                                pgswarm.path_below(btrim(coalesce(import_entry.folder, ''), '/'), import_entry.name));
    if v_known.fields ->> 'url' <> import_entry.fields ->> 'url' then
      raise exception '% is the repository of %', v_known.path, v_known.fields ->> 'url'
        using errcode = 'PS409', detail = 'folder', hint = 'import this one into another folder';
    end if;
  end if;
  return pgswarm.save_entry(
    swarm_id => v_into, node_id => case when v_into = import_entry.swarm_id then import_entry.node_id end,
    name => import_entry.name, kind => import_entry.kind, description => null, folder => import_entry.folder,
    content => import_entry.content, fields => import_entry.fields, derived_from => import_entry.derived_from);
end
$$;
