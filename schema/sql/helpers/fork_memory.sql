-- The memory of a fork: every entry in the version that it had after event `to_seq`. Contents are blobs and are shared; the
-- passages for the search are copied where the original still has that version, else cut anew.
create or replace function pgswarm.fork_memory(original uuid, fork uuid, to_seq bigint) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_entry pgswarm.space_entry;
begin
  with old as (
    select distinct on (e.data ->> 'entry_id') e.data
      from pgswarm.event e
     where e.swarm_id = original and e.seq <= fork_memory.to_seq and e.kind = 'memory.saved'
     order by e.data ->> 'entry_id', e.seq desc
  )
  insert into pgswarm.space_entry
  select r.*
    from old o
   cross join lateral jsonb_populate_record(null::pgswarm.space_entry, o.data) k
   cross join lateral jsonb_populate_record(k, jsonb_build_object(
     'swarm_id', fork, 'entry_id', pgswarm.fork_id(fork, k.entry_id),
     'author_node_id', pgswarm.fork_id(fork, k.author_node_id),
     'parent_id', case when k.parent_id in (select p.entry_id from pgswarm.space_entry p where p.swarm_id = original)
                       then pgswarm.fork_id(fork, k.parent_id) else k.parent_id end)) r;
  insert into pgswarm.entry_chunk (swarm_id, entry_id, chunk_no, first_line, last_line, content)
  select fork, n.entry_id, c.chunk_no, c.first_line, c.last_line, c.content
    from pgswarm.space_entry k
    join pgswarm.space_entry n on n.entry_id = pgswarm.fork_id(fork, k.entry_id) and n.blob = k.blob
    join pgswarm.entry_chunk c on c.entry_id = k.entry_id
   where k.swarm_id = original;
  for v_entry in
    select n.*
      from pgswarm.space_entry k
      join pgswarm.space_entry n on n.entry_id = pgswarm.fork_id(fork, k.entry_id) and n.blob <> k.blob
     where k.swarm_id = original
  loop
    perform pgswarm.index_entry(v_entry, b.content) from pgswarm.blob b where b.blob = v_entry.blob;
  end loop;
end
$$;
