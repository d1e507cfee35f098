-- What nodes wrote is theirs as long as the activation in which they wrote it is. Where a fork begins some nodes anew (`redo`), others
-- have no part in it, or wait again as they did earlier: what these wrote, and when from, is not the fork's.
create or replace function pgswarm.fork_undone(original uuid, fork uuid, redo uuid[]) returns table (node_id uuid, after timestamptz)
language sql stable as $$
  with recursive replaced as (  -- what these stand for, and what that ordered: it was done again already
    select n.retry_of as node_id
      from pgswarm.node n where n.swarm_id = original and n.node_id = any (redo) and n.retry_of is not null
    union
    select t.node_id
      from replaced r
      join pgswarm.node n on n.swarm_id = original and n.node_id = r.node_id
     cross join lateral (
       select n.retry_of as node_id where n.retry_of is not null
       union all
       select c.node_id from pgswarm.node c where c.swarm_id = original and c.parent_id = n.node_id) t
  ),
  authors as (
    select e.author_node_id as node_id from pgswarm.space_entry e where e.scope_id = original
    union
    select v.author_node_id from pgswarm.entry_version v where v.swarm_id = original
    union
    select f.node_id from pgswarm.workspace_file f where f.swarm_id = original
    union
    select e.node_id from pgswarm.event e where e.swarm_id = original and e.kind in ('memory.removed', 'util.removed')
  )
  select n.node_id, case when f.node_id is null or n.node_id = any (redo) or r.node_id is not null then '-infinity'::timestamptz
                         else coalesce(w.at, 'infinity') end
    from authors a
    join pgswarm.node n on n.swarm_id = original and n.node_id = a.node_id
    left join pgswarm.node f on f.swarm_id = fork and f.node_id = pgswarm.fork_id(fork, n.node_id)
    left join replaced r on r.node_id = n.node_id
    left join lateral (  -- it waits again as it did then
      select max(e.at) as at
        from pgswarm.event e
       where e.swarm_id = original and e.node_id = n.node_id and e.kind like 'node.%'
         and e.data ->> 'status' = 'awaiting_children' and (e.data ->> 'activation')::integer = f.activation) w on true
   where f.node_id is null or n.node_id = any (redo) or r.node_id is not null or f.activation < n.activation
$$;

-- A swarm's own entries as they were at a moment.
create or replace function pgswarm.known_entries(swarm_id uuid, at timestamptz) returns setof pgswarm.entry_version
language sql stable as $$
  select e.swarm_id, e.blueprint_id, e.entry_id, e.version, e.owner_id, e.space, e.parent_id, e.path, e.name, e.kind, e.description,
         e.blob, e.size, e.fields, e.search, e.target_id, e.derived_from, e.author_node_id, e.author, e.portal, e.created_at,
         e.updated_at, e.outdated_at, null::timestamptz, null::text
    from pgswarm.space_entry e
   where e.scope_id = known_entries.swarm_id and e.updated_at <= known_entries.at
  union all
  select v.* from pgswarm.entry_version v where v.swarm_id = known_entries.swarm_id and v.at <= known_entries.at
$$;

create or replace function pgswarm.entries_then(swarm_id uuid, at timestamptz) returns setof pgswarm.entry_version
language sql stable as $$
  select l.*
    from (select distinct on (k.entry_id) k.* from pgswarm.known_entries(entries_then.swarm_id, entries_then.at) k
           order by k.entry_id, k.version desc) l
   where coalesce(l.removed_at > entries_then.at, true)
$$;

-- The same without what is undone (see `fork_undone`): an entry is as somebody else left it last, and is there again where only such
-- a node took it away; it stays where it is. A folder stays as long as there is something in it. Of two with one name the one that
-- nobody brought back stays. What was made of something that changes by this is out of date. Actions stay: the better version is there.
create or replace function pgswarm.entries_without(
  original uuid, fork uuid, at timestamptz, redo uuid[]
) returns setof pgswarm.entry_version
language plpgsql stable set jit = off as $$
#variable_conflict use_column
begin
  return query
  with recursive undone as materialized (
    select * from pgswarm.fork_undone(entries_without.original, entries_without.fork, redo)
  ),
  known as materialized (select * from pgswarm.known_entries(entries_without.original, entries_without.at)),
  latest as materialized (
    select distinct on (k.entry_id) k.entry_id, k.version, k.parent_id, k.name, k.path, k.kind,
           coalesce(k.removed_at > entries_without.at, true) as there, k.removed_at
      from known k order by k.entry_id, k.version desc
  ),
  wrong as (  -- removed by a node whose work is undone
    select (e.data ->> 'entry_id')::uuid as entry_id, e.at
      from pgswarm.event e
      join undone u on u.node_id = e.node_id and e.at > u.after
     where e.swarm_id = entries_without.original and e.kind in ('memory.removed', 'util.removed') and e.at <= entries_without.at
  ),
  good as (
    select distinct on (k.entry_id) k.*
      from known k
      left join undone u on u.node_id = k.author_node_id
     where k.space = 'action' or u.node_id is null or k.at <= u.after
     order by k.entry_id, k.version desc
  ),
  wanted as materialized (
    select g.entry_id, g.version, case when l.there then l.parent_id else g.parent_id end as parent_id,
           case when l.there then l.name else g.name end as name, not l.there as back, g.at
      from good g
      join latest l on l.entry_id = g.entry_id
     where l.there or exists (select from wrong w where w.entry_id = l.entry_id and w.at = l.removed_at)
  ),
  above as (
    select w.parent_id as entry_id from wanted w
    union
    select l.parent_id from above a join latest l on l.entry_id = a.entry_id and l.there
  ),
  placed as materialized (
    select distinct on (p.parent_id, p.name) p.*
      from (select * from wanted
            union all
            select l.entry_id, l.version, l.parent_id, l.name, false, entries_without.at
              from latest l
             where l.there and l.entry_id in (select a.entry_id from above a) and l.entry_id not in (select w.entry_id from wanted w)) p
     order by p.parent_id, p.name, p.back, p.at desc
  ),
  held as (  -- from the top: what has no place any more is gone, with all below it
    select p.* from placed p where p.parent_id not in (select l.entry_id from latest l)
    union all
    select p.* from held h join placed p on p.parent_id = h.entry_id
  ),
  kept as materialized (
    select h.entry_id, h.version, h.parent_id, h.name, h.back
      from held h
      join known k on k.entry_id = h.entry_id and k.version = h.version
     where k.target_id is null or k.target_id not in (select l.entry_id from latest l) or k.target_id in (select o.entry_id from held o)
  ),
  altered as materialized (
    select l.entry_id
      from latest l
      left join kept o on o.entry_id = l.entry_id
     where l.there and o.version is distinct from l.version or o.back
  ),
  made_of as materialized (
    select k.entry_id, d.source_id
      from kept o
      join known k on k.entry_id = o.entry_id and k.version = o.version
     cross join lateral unnest(k.derived_from) d(source_id)
  ),
  stale as (
    select m.entry_id from altered a join made_of m on m.source_id = a.entry_id
    union
    select m.entry_id from stale s join made_of m on m.source_id = s.entry_id
  )
  select r.*
    from kept o
    join known k on k.entry_id = o.entry_id and k.version = o.version
    left join altered a on a.entry_id = o.entry_id
    left join stale t on t.entry_id = o.entry_id and a.entry_id is null
    left join pgswarm.node n on n.swarm_id = entries_without.fork
                            and n.node_id = pgswarm.fork_id(entries_without.fork, k.author_node_id)
   cross join lateral jsonb_populate_record(k::pgswarm.entry_version, jsonb_build_object(
     'parent_id', o.parent_id, 'name', o.name, 'removed_at', null, 'removed_by', null,
     'author_node_id', case when n.node_id is not null then k.author_node_id end,
     'outdated_at', case when k.outdated_at <= entries_without.at then k.outdated_at
                         when t.entry_id is not null then entries_without.at end)) r;
end
$$;

-- The same of files. The folders above what stays are there.
create or replace function pgswarm.files_without(
  original uuid, fork uuid, to_seq bigint, redo uuid[]
) returns setof pgswarm.workspace_file
language plpgsql stable set jit = off as $$
#variable_conflict use_column
begin
  return query
  with undone as materialized (
    select * from pgswarm.fork_undone(files_without.original, files_without.fork, redo)
  ),
  good as materialized (
    select distinct on (f.path) f.*
      from pgswarm.workspace_file f
      left join undone u on u.node_id = f.node_id
     where f.swarm_id = files_without.original and f.seq <= files_without.to_seq
       and (u.node_id is null or f.at <= u.after)
     order by f.path, f.seq desc
  ),
  above as materialized (  -- each with the paths above it
    select g.path, g.seq, g.at, left(g.path, i - 1) as folder
      from good g
     cross join lateral generate_series(2, length(g.path)) i
     where g.kind <> 'removed' and substr(g.path, i, 1) = '/'
  ),
  clash as (  -- a file where others have a folder: what came last stays
    select case when f.seq > a.seq then a.path else f.path end as path
      from above a join good f on f.path = a.folder and f.kind not in ('folder', 'removed')
  ),
  kept as materialized (
    select g.* from good g where g.kind <> 'removed' and g.path not in (select c.path from clash c)
  )
  select * from kept
  union all
  select (jsonb_populate_record(null::pgswarm.workspace_file, jsonb_build_object(
           'swarm_id', files_without.original, 'path', a.folder, 'seq', max(a.seq), 'kind', 'folder', 'size', 0, 'executable', false,
           'at', max(a.at)))).*
    from above a
    join kept k on k.path = a.path
   where a.folder not in (select o.path from kept o)
   group by a.folder;
end
$$;
