-- Runs again what one version of an action that the swarm made has done, and nothing else: each subtree whose top ran it, with the
-- newest version, and what waits for these. Where all parents still wait, in this very swarm; else in a fork of it, in which everything
-- else stays as it is. Returns the id of the swarm that goes on.
create or replace function pgswarm.rerun_action(swarm_id uuid, action_id text, version integer) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp set jit = off set work_mem = '64MB' as $$
#variable_conflict use_column
declare
  v_tops uuid[];
  v_newest integer;
begin
  perform pgswarm.require_swarm(rerun_action.swarm_id);
  perform pgswarm.lock_swarms(array[rerun_action.swarm_id]);
  with recursive ran as (
    select n.node_id, n.parent_id
      from pgswarm.node n
     where n.swarm_id = rerun_action.swarm_id and n.action = rerun_action.action_id and n.action_version = rerun_action.version
       and n.action like 'created/%' and n.outcome is distinct from 'cancelled'
       and not exists (select from pgswarm.node r
                        where r.swarm_id = n.swarm_id and r.parent_id = n.parent_id and r.retry_of = n.node_id)
  ),
  up as (
    select r.node_id as top, r.parent_id as node_id from ran r
    union all
    select u.top, p.parent_id
      from up u join pgswarm.node p on p.swarm_id = rerun_action.swarm_id and p.node_id = u.node_id
  )
  select array_agg(r.node_id order by r.node_id) into v_tops
    from ran r where not exists (select from up u join ran a on a.node_id = u.node_id where u.top = r.node_id);
  if v_tops is null then
    raise exception 'no node of this swarm stands on version % of %', coalesce(rerun_action.version::text, 'null'), coalesce(rerun_action.action_id, 'null')
      using errcode = 'PS409', detail = 'action_id', hint = 'see the columns action and action_version of pgswarm.node';
  end if;
  v_newest := pgswarm.created_version(rerun_action.swarm_id, rerun_action.action_id);
  if v_newest is null then
    raise exception 'no version of % may run', rerun_action.action_id
      using errcode = 'PS409', detail = 'action_id', hint = 'have a new version made first';
  end if;
  if v_newest = rerun_action.version then
    raise exception 'version % of % is the newest: it would do the same again', rerun_action.version, rerun_action.action_id
      using errcode = 'PS409', detail = 'version', hint = 'have a better version made first: action/create with `improve`';
  end if;
  if not exists (
    select from pgswarm.node n
      join pgswarm.swarm s on s.swarm_id = n.swarm_id
      left join pgswarm.node p on p.swarm_id = n.swarm_id and p.node_id = n.parent_id and p.status = 'awaiting_children'
                              and p.activation = n.spawn_round
     where n.swarm_id = rerun_action.swarm_id and n.node_id = any (v_tops)
       and (n.status <> 'terminated' or p.node_id is null or s.status = 'terminated')) then
    perform pgswarm.retry_node(rerun_action.swarm_id, t) from unnest(v_tops) t;
    return rerun_action.swarm_id;
  end if;
  return pgswarm.fork_from(rerun_action.swarm_id, (
    select e.seq from pgswarm.event e where e.swarm_id = rerun_action.swarm_id order by e.seq desc limit 1), v_tops);
end
$$;
