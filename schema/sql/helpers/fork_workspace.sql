-- The workspace of a fork: every file in the version that it had after event `to_seq`; with `redo` without what is undone (see
-- `fork_undone`). Contents are blobs and are shared. They are there from the fork's first event on, so that every fork of it has them.
create or replace function pgswarm.fork_workspace(original uuid, fork uuid, to_seq bigint, redo uuid[] default null) returns void
language sql volatile as $$
  insert into pgswarm.workspace_file (swarm_id, path, seq, kind, blob, size, executable, node_id, at)
  select fork, f.path, 1, f.kind, f.blob, f.size, f.executable, pgswarm.fork_id(fork, f.node_id), f.at
    from (select distinct on (f.path) f.*
            from pgswarm.workspace_file f
           where redo is null and f.swarm_id = original and f.seq <= fork_workspace.to_seq
           order by f.path, f.seq desc) f
   where f.kind <> 'removed'
  union all
  select fork, f.path, 1, f.kind, f.blob, f.size, f.executable, pgswarm.fork_id(fork, f.node_id), f.at
    from pgswarm.files_without(original, fork, fork_workspace.to_seq, redo) f
   where redo is not null
$$;
