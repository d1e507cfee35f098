-- What does not hold in the spaces of a swarm, or of a blueprint, its own entries and those that it shares; with neither, of the
-- built-in tree. No row = all is well. Whether actions can be imported and keys are there is known to processors alone
-- (`pgswarm memory verify`).
create or replace function pgswarm.verify_space(swarm_id uuid, space text default null, blueprint_id uuid default null)
returns table (rule text, in_space text, entry_id uuid, path text, detail text)
language plpgsql stable security definer set search_path = pgswarm, pg_temp set work_mem = '64MB' set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(verify_space.swarm_id, verify_space.blueprint_id);
begin
  if verify_space.space is not null then
    perform pgswarm.require_space(verify_space.space);
  end if;
  return query
  with recursive e as materialized (
    select e.*, k.kind as known, k.content as holds_content, k.holds, k.fields as schema
      from pgswarm.space_entry e
      left join pgswarm.entry_kind k on k.space = e.space and k.kind = e.kind
     where e.scope_id = any (v_sight.layers) and (verify_space.space is null or e.space = verify_space.space)
  ),
  reached as (
    select e.entry_id, e.path from e where e.parent_id is null and e.entry_id = pgswarm.space_root(e.space)
    union all
    select e.entry_id, pgswarm.path_below(r.path, e.name) from reached r join e on e.parent_id = r.entry_id
  ),
  lost as (select e.* from e where not exists (select from reached r where r.entry_id = e.entry_id)),
  broken(rule, entry_id, detail) as (
    select 'kind_is_known', e.entry_id, e.kind from e where e.known is null
    union all
    select 'content_fits_kind', e.entry_id, case when e.blob is null then 'has none' else 'has some' end
      from e where e.holds_content = 'must' and e.blob is null or e.holds_content = 'none' and e.blob is not null
    union all
    select 'content_is_there', e.entry_id, coalesce('size ' || e.size || ', its content ' || b.bytes, 'its content is gone')
      from e left join pgswarm.blob b on b.blob = e.blob
     where e.blob is not null and e.size is distinct from b.bytes
    union all
    select 'fields_fit_kind', e.entry_id, f.flaw
      from e cross join lateral (select pgswarm.flaw_of(e.schema, e.fields) as flaw) f
     where e.schema is not null and (e.fields <> '{}' or e.schema -> 'required' <> '[]') and f.flaw is not null
    union all
    select 'no_orphan', l.entry_id, coalesce('its folder ' || l.parent_id || ' is not there', 'it is no root, and has no folder')
      from lost l where not exists (select from e p where p.entry_id = l.parent_id)
    union all
    select 'no_cycle', l.entry_id, 'it lies below itself'
      from lost l where pgswarm.lies_below_itself(l.entry_id)
    union all
    select 'folder_holds_entries', e.entry_id, p.path || ' is a ' || p.kind
      from e join e p on p.entry_id = e.parent_id where not coalesce(p.holds, false) or p.space <> e.space
    union all
    select 'shared_folder_is_a_portal', e.entry_id, p.path || ' is no portal'
      from e join e p on p.entry_id = e.parent_id
     where p.scope_id <> e.scope_id and not p.portal
       and not (e.blueprint_id is not null and exists (
         select from pgswarm.blueprint b where b.blueprint_id = e.blueprint_id and p.scope_id = any (b.base_ids)))
    union all
    select 'path_is_right', e.entry_id, 'it is ' || r.path from e join reached r on r.entry_id = e.entry_id where r.path <> e.path
    union all
    select 'pointer_leads_somewhere', e.entry_id, coalesce('to another pointer, ' || t.path, 'its target ' || e.target_id || ' is not there')
      from e left join e t on t.entry_id = e.target_id
     where e.target_id is not null and (t.entry_id is null or t.kind = 'pointer' or t.entry_id = any (v_sight.hidden))
    union all
    select 'sources_are_there', e.entry_id, d || ' is gone, but this counts as up to date'
      from e cross join lateral unnest(e.derived_from) d
     where e.status = 'up_to_date' and not exists (select from pgswarm.space_entry s where s.entry_id = d)
    union all
    select 'action_is_registered', e.entry_id, 'no processor ever brought ' || (e.fields ->> 'action_id')
      from e where e.space = 'action' and e.kind = 'action' and e.fields ->> 'source' in ('built_in', 'custom', 'mcp', 'a2a')
       and not exists (select from pgswarm.action a where a.action_id = e.fields ->> 'action_id')
  )
  select b.rule, e.space, b.entry_id, e.path, b.detail from broken b join e on e.entry_id = b.entry_id order by e.space, e.path, 1;
end
$$;
