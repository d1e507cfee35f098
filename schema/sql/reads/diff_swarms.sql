-- What differs between two swarms: {here, there: each whole swarm in figures; shared: their last common event, or null; same,
-- changed, only_here, only_there: nodes by place in the tree; first: the node where they first part; nodes: what differs, in the
-- order in which it came to be, at most `max_nodes`}. Compared are action, directive, status with outcome, report, and cost.
create or replace function pgswarm.diff_swarms(swarm_id uuid, other_id uuid, max_nodes integer default 1000) returns jsonb
language plpgsql stable security definer
set search_path = pgswarm, pg_temp set enable_nestloop = off set jit = off set work_mem = '64MB' as $$
#variable_conflict use_column
declare
  v_diff jsonb;
begin
  perform pgswarm.swarm_status(diff_swarms.swarm_id);
  perform pgswarm.swarm_status(diff_swarms.other_id);
  with cost as (
    select c.swarm_id, c.node_id, sum(c.cost_usd) as usd
      from pgswarm.llm_call c where c.swarm_id in (diff_swarms.swarm_id, diff_swarms.other_id) group by 1, 2
  ),
  side as materialized (
    select n.*, coalesce(c.usd, 0) as usd,
           n.created_at - min(n.created_at) over w as born,
           coalesce(n.terminated_at, n.updated_at) - min(n.created_at) over w as after
      from pgswarm.node n
      left join cost c on c.swarm_id = n.swarm_id and c.node_id = n.node_id
     where n.swarm_id in (diff_swarms.swarm_id, diff_swarms.other_id)
    window w as (partition by n.swarm_id)
  ),
  compared as (
    select a.swarm_id is not null as is_here, b.swarm_id is not null as is_there, coalesce(a.depth, b.depth) as depth,
           case when a.swarm_id is null then b.born when b.swarm_id is null then a.born else least(a.after, b.after) end as after, coalesce(a.position, b.position) as position,
           array_remove(array[
             case when a.action <> b.action then 'action' end,
             case when (a.directive, a.directive_blob) is distinct from (b.directive, b.directive_blob) then 'directive' end,
             case when (a.status, a.outcome) is distinct from (b.status, b.outcome) then 'status' end,
             case when (a.report, a.report_blob) is distinct from (b.report, b.report_blob) then 'report' end,
             case when a.usd <> b.usd then 'cost' end], null) as changes,
           case when a.swarm_id is not null then pgswarm.diff_node(a.node_id, a.parent_id, a.action, a.directive, a.status, a.outcome, a.report, a.usd) end as here,
           case when b.swarm_id is not null then pgswarm.diff_node(b.node_id, b.parent_id, b.action, b.directive, b.status, b.outcome, b.report, b.usd) end as there
      from pgswarm.node_pairs(diff_swarms.swarm_id, diff_swarms.other_id) p
      left join side a on a.swarm_id = diff_swarms.swarm_id and a.node_id = p.here
      left join side b on b.swarm_id = diff_swarms.other_id and b.node_id = p.there
  ),
  listed as materialized (
    select case when not c.is_there then 'only_here' when not c.is_here then 'only_there' when c.changes = '{}' then 'same'
                else 'changed' end as what,
           c.*, row_number() over (partition by c.is_here and c.is_there and c.changes = '{}'
                                   order by c.after, c.depth desc, c.position) as place
      from compared c
  ),
  shown as (
    select l.place, jsonb_build_object(
             'what', l.what, 'depth', l.depth, 'here', l.here, 'there', l.there,
             'changes', case l.what when 'changed' then to_jsonb(l.changes) else '[]' end) as doc
      from listed l
     where l.what <> 'same' and l.place <= greatest(max_nodes, 1)
  )
  select jsonb_build_object(
           'here', pgswarm.diff_side(diff_swarms.swarm_id), 'there', pgswarm.diff_side(diff_swarms.other_id),
           'shared', (select jsonb_build_object('swarm_id', h.kept_in, 'seq', h.seq, 'at', h.at)
                        from pgswarm.shared_history(diff_swarms.swarm_id, diff_swarms.other_id) h),
           'same', count(*) filter (where l.what = 'same'), 'changed', count(*) filter (where l.what = 'changed'),
           'only_here', count(*) filter (where l.what = 'only_here'), 'only_there', count(*) filter (where l.what = 'only_there'),
           'first', (select s.doc from shown s where s.place = 1),
           'nodes', (select coalesce(jsonb_agg(s.doc order by s.place), '[]') from shown s where s.place <= max_nodes))
    into v_diff
    from listed l;
  return v_diff;
end
$$;
