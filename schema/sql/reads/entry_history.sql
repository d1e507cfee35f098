-- What an entry of a swarm's own, or of a blueprint's, was and is, the newest version first: who made it so, when, from which node. The last row of one
-- that was removed says when and by whom.
create or replace function pgswarm.entry_history(swarm_id uuid, entry_id uuid, max_versions integer default 100, blueprint_id uuid default null)
returns table (
  version integer, path text, kind text, description text, blob text, size bigint, fields jsonb, derived_from uuid[],
  author_node_id uuid, author text, at timestamptz, removed_at timestamptz, removed_by text)
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_scope uuid := (pgswarm.sight_of(entry_history.swarm_id, entry_history.blueprint_id)).layers[1];
begin
  return query
  select h.*
    from (select e.version, e.path, e.kind, e.description, e.blob, e.size, e.fields, e.derived_from, e.author_node_id, e.author,
                 e.updated_at, null::timestamptz, null::text
            from pgswarm.space_entry e
           where e.entry_id = entry_history.entry_id and e.scope_id = v_scope
          union all
          select v.version, v.path, v.kind, v.description, v.blob, v.size, v.fields, v.derived_from, v.author_node_id, v.author,
                 v.at, v.removed_at, v.removed_by
            from pgswarm.entry_version v
           where v.entry_id = entry_history.entry_id
             and coalesce(v.swarm_id, v.blueprint_id, pgswarm.built_in_scope()) = v_scope) h
   order by h.version desc
   limit least(greatest(max_versions, 1), 1000);
  if not found then
    raise exception 'entry % is not known', coalesce(entry_history.entry_id::text, 'null')
      using errcode = 'PS404', detail = 'entry_id', hint = 'see list_level; what is shared has the history of its blueprint';
  end if;
end
$$;
