-- One level of a space, by name: what lies right below a folder (left out: the root), of the swarm's own, its blueprint's and the
-- built-in layer; where two have one name, the nearest. `after`: the last name of the page before. `below` counts what a level
-- of each entry would show, up to 1,000. `search` is how the entry is searched, by its own word, or the folders' above it, or its
-- kind's; a pointer's fields are those of its target; an action that was revoked is not routable. In the place of a swarm a blueprint can be named; with neither it is the built-in tree.
create or replace function pgswarm.list_level(
  swarm_id uuid, space text default 'memory', folder_id uuid default null, after text default null, max_entries integer default 100,
  blueprint_id uuid default null
) returns table (
  entry_id uuid, name text, path text, kind text, description text, layer text, portal boolean, holds boolean, search text,
  target_id uuid, target_kind text, target_path text, below integer, status text, version integer, size bigint, fields jsonb,
  author_node_id uuid, updated_at timestamptz)
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(list_level.swarm_id, list_level.blueprint_id);
  v_folder pgswarm.space_entry;
  v_search text;
  v_limit integer := least(greatest(max_entries, 1), 1000);
begin
  perform pgswarm.require_space(list_level.space);
  v_folder := pgswarm.seen_entry(v_sight, coalesce(list_level.folder_id, pgswarm.space_root(list_level.space)), 'folder_id');
  if v_folder.space <> list_level.space then
    raise exception 'folder_id % is in the space %', list_level.folder_id, v_folder.space
      using errcode = 'PS422', detail = 'folder_id', hint = 'name a folder of the space ' || list_level.space;
  end if;
  v_search := pgswarm.search_below(v_folder.entry_id);
  return query
  with page as materialized (
    select distinct on (k.name) k.*
      from unnest(v_sight.layers) with ordinality l(scope_id, rank)
     cross join lateral (
       select e.*, l.rank
         from pgswarm.space_entry e
        where e.parent_id = v_folder.entry_id and e.scope_id = l.scope_id and e.name > coalesce(list_level.after, '')
          and e.entry_id <> all (v_sight.hidden)
        order by e.name
        limit v_limit) k
     order by k.name, k.rank
     limit v_limit
  )
  select p.entry_id, p.name, p.path, p.kind, p.description,
         case when p.swarm_id is not null then 'swarm' when p.blueprint_id is not null then 'blueprint' else 'built_in' end,
         p.portal, k.holds,
         coalesce(p.search, case when k.search = 'none' then k.search end, v_search, k.search),
         p.target_id, t.kind, t.path,
         case
           when not k.holds then 0
           when p.scope_id = v_sight.layers[1] and cardinality(v_sight.hidden) = 0 then (  -- the index alone says it
             select count(*)::integer
               from (select from pgswarm.space_entry c
                      where c.parent_id = p.entry_id and c.scope_id = p.scope_id
                      limit 1000) c)
           when p.scope_id = v_sight.layers[1] then (  -- nothing of another layer lies below it
             select count(*)::integer
               from (select from pgswarm.space_entry c
                      where c.parent_id = p.entry_id and c.scope_id = p.scope_id and c.entry_id <> all (v_sight.hidden)
                      limit 1000) c)
           else (
             select count(distinct c.name)::integer
               from (select c.name from pgswarm.space_entry c
                      where c.parent_id = p.entry_id and c.scope_id = any (v_sight.layers)
                        and c.entry_id <> all (v_sight.hidden)
                      limit 1000) c)
         end,
         p.status, p.version, p.size, pgswarm.fields_offered(v_sight, case when t.entry_id is null then p.fields else t.fields end), p.author_node_id, p.updated_at
    from page p
    join pgswarm.entry_kind k on k.space = p.space and k.kind = p.kind
    left join pgswarm.space_entry t on t.entry_id = p.target_id
   order by p.name;
end
$$;
