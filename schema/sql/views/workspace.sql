-- The files of every swarm's workspace as they lie there now: the newest version of each path, unless that one was removed.
create or replace view pgswarm.workspace with (security_invoker = true) as
select f.swarm_id, f.path, f.kind, f.blob, f.size, f.executable, f.node_id, f.seq, f.at
  from (select distinct on (f.swarm_id, f.path) f.*
          from pgswarm.workspace_file f
         order by f.swarm_id, f.path, f.seq desc) f
 where f.kind <> 'removed';
