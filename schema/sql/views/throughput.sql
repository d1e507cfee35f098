-- Events of the last hour, by minute. Reads the partitions of living swarms from their newest rows back.
create or replace view pgswarm.throughput with (security_invoker = true) as
select date_trunc('minute', e.at) as minute,
       count(*) as events,
       count(*) filter (where e.kind = 'node.running') as activations,
       count(*) filter (where e.kind = 'node.created') as nodes_created,
       count(*) filter (where e.kind = 'node.terminated') as nodes_terminated,
       count(distinct e.swarm_id) as swarms
  from pgswarm.event e
 where e.at > now() - interval '1 hour'
 group by 1;
