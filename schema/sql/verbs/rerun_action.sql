-- Runs again what one version of an action that the swarm made has done, and nothing else: each subtree whose top ran it, with the
-- newest version, and what waits for these. Where all parents still wait, in this very swarm; else in a fork of it, in which everything
-- else stays as it is. `blueprint_id`: with the version that this blueprint has, which is taken over first; so a swarm that has ended,
-- in which none can be made any more, gets a better one too. Returns the id of the swarm that goes on.
create or replace function pgswarm.rerun_action(
  swarm_id uuid, action_id text, version integer, blueprint_id uuid default null
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp set jit = off set work_mem = '64MB' as $$
#variable_conflict use_column
declare
  v_tops uuid[];
  v_newest integer;
  v_better pgswarm.created;
  v_fork uuid;
  v_ended boolean;
begin
  perform pgswarm.require_swarm(rerun_action.swarm_id);
  if rerun_action.blueprint_id is not null then
    v_better := pgswarm.better_version(rerun_action.swarm_id, rerun_action.action_id, rerun_action.version, rerun_action.blueprint_id);
  end if;
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
  v_ended := pgswarm.swarm_status(rerun_action.swarm_id) = 'terminated';
  if exists (select from pgswarm.created_actions(rerun_action.swarm_id, rerun_action.action_id) c
              where c.newest and c.hash = v_better.hash) then
    v_better := null;  -- it is there already
  elsif v_better.action_id is not null and not v_ended then
    perform pgswarm.take_action(rerun_action.swarm_id, v_better, rerun_action.blueprint_id);
    v_better := null;
  end if;
  v_newest := case when v_better.action_id is null then pgswarm.created_version(rerun_action.swarm_id, rerun_action.action_id) else (
    select 1 + coalesce(max(c.version), rerun_action.version) from pgswarm.created_actions(rerun_action.swarm_id, rerun_action.action_id) c) end;
  if v_newest is null then
    raise exception 'no version of % may run', rerun_action.action_id
      using errcode = 'PS409', detail = 'action_id', hint = 'have a new version made first; of a swarm that has ended name a blueprint that has one: blueprint_id';
  end if;
  if v_newest = rerun_action.version then
    raise exception 'version % of % is the newest: it would do the same again', rerun_action.version, rerun_action.action_id
      using errcode = 'PS409', detail = 'version', hint = 'have a better one made first, by action/create with `improve`; of a swarm that has ended name a blueprint that has one: blueprint_id';
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
  v_fork := pgswarm.fork_from(rerun_action.swarm_id, (
    select e.seq from pgswarm.event e where e.swarm_id = rerun_action.swarm_id order by e.seq desc limit 1), v_tops, v_newest);
  if v_better.action_id is not null then
    perform pgswarm.take_action(v_fork, v_better, rerun_action.blueprint_id);
  end if;
  return v_fork;
end
$$;
