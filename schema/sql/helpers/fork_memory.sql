-- The spaces of a fork: every entry of the swarm's own in the version that it had after event `to_seq`, with what it was before.
-- Contents are blobs and are shared, what is shared stays shared; the passages for the search are copied where the original still
-- has that version, else cut anew.
create or replace function pgswarm.fork_memory(original uuid, fork uuid, to_seq bigint, redo uuid[] default null) returns void
language plpgsql volatile set jit = off as $$
#variable_conflict use_column
declare
  v_then timestamptz;
  v_ids uuid[];
  v_entry pgswarm.space_entry;
begin
  select e.at into v_then from pgswarm.event e where e.swarm_id = original and e.seq = fork_memory.to_seq;
  with own as materialized (
    select l.*, case when l.outdated_at <= v_then then l.outdated_at end as outdated
      from pgswarm.entries_then(original, v_then) l where redo is null
    union all
    select l.*, l.outdated_at from pgswarm.entries_without(original, fork, v_then, redo) l where redo is not null
  ),
  made as (
    insert into pgswarm.space_entry (
      swarm_id, entry_id, owner_id, space, parent_id, path, name, kind, description, blob, size, fields, search, target_id,
      derived_from, author_node_id, author, portal, version, status, outdated_at, created_at, updated_at)
    select fork, pgswarm.fork_id(fork, k.entry_id), s.owner_id, k.space,
           case when k.parent_id in (select w.entry_id from own w) then pgswarm.fork_id(fork, k.parent_id) else k.parent_id end,
           k.path, k.name, k.kind, k.description, k.blob, k.size, pgswarm.with_fork_ids(k.fields, original, fork), k.search,
           case when k.target_id in (select w.entry_id from own w) then pgswarm.fork_id(fork, k.target_id) else k.target_id end,
           array(select case when d in (select w.entry_id from own w) then pgswarm.fork_id(fork, d) else d end
                   from unnest(k.derived_from) d),
           pgswarm.fork_id(fork, k.author_node_id), k.author, k.portal, k.version,
           case when k.outdated is null then 'up_to_date' else 'out_of_date' end, k.outdated, k.created_at, k.at
      from own k
      join pgswarm.swarm s on s.swarm_id = fork
    returning entry_id, parent_id
  )
  select array_agg(m.entry_id) into v_ids from made m where m.parent_id not in (select n.entry_id from made n);
  if v_ids is null then
    return;
  end if;
  perform pgswarm.write_paths(fork, v_ids);  -- a folder that moved took along what lies below it
  insert into pgswarm.entry_version (
    swarm_id, entry_id, version, owner_id, space, parent_id, path, name, kind, description, blob, size, fields, search, target_id,
    derived_from, author_node_id, author, portal, created_at, at, outdated_at)
  select fork, n.entry_id, v.version, n.owner_id, v.space, pgswarm.fork_entry_id(fork, v.parent_id), v.path, v.name, v.kind,
         v.description, v.blob, v.size, v.fields, v.search, pgswarm.fork_entry_id(fork, v.target_id),
         array(select pgswarm.fork_entry_id(fork, d) from unnest(v.derived_from) d),
         pgswarm.fork_id(fork, v.author_node_id), v.author, v.portal, v.created_at, v.at, v.outdated_at
    from pgswarm.entry_version v
    join pgswarm.space_entry n on n.entry_id = pgswarm.fork_id(fork, v.entry_id) and v.version < n.version
   where v.swarm_id = original;
  insert into pgswarm.entry_chunk (swarm_id, scope_id, entry_id, chunk_no, first_line, last_line, title, content, hash)
  select fork, fork, n.entry_id, c.chunk_no, c.first_line, c.last_line, c.title, c.content, c.hash
    from pgswarm.space_entry k
    join pgswarm.space_entry n on n.entry_id = pgswarm.fork_id(fork, k.entry_id) and n.blob = k.blob
    join pgswarm.entry_chunk c on c.entry_id = k.entry_id
   where k.scope_id = original;
  for v_entry in
    select n.*
      from pgswarm.space_entry n
     where n.scope_id = fork and n.blob is not null
       and not exists (select from pgswarm.space_entry k
                        where k.scope_id = original and k.blob = n.blob and pgswarm.fork_id(fork, k.entry_id) = n.entry_id)
  loop
    perform pgswarm.index_entry(v_entry, b.content) from pgswarm.blob b where b.blob = v_entry.blob;
  end loop;
end
$$;

-- The id in a fork of what has one there; what is shared, or was left out, keeps its own.
create or replace function pgswarm.fork_entry_id(fork uuid, entry_id uuid) returns uuid
language sql stable as $$
  select case when exists (select from pgswarm.space_entry e where e.entry_id = pgswarm.fork_id(fork, fork_entry_id.entry_id))
              then pgswarm.fork_id(fork, fork_entry_id.entry_id) else fork_entry_id.entry_id end
$$;
