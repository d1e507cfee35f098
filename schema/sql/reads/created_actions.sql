-- The actions that a swarm made itself or has from its blueprint (or those that a blueprint has), each with all its versions;
-- of one action, of one version alone. `newest`: what a spawn would take now, unless it is revoked. The code comes only with a
-- version that was asked for.
create or replace function pgswarm.created_actions(
  swarm_id uuid, action_id text default null, version integer default null, blueprint_id uuid default null
) returns setof pgswarm.created
language plpgsql stable security definer
set search_path = pgswarm, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(created_actions.swarm_id, case when created_actions.swarm_id is null
                                                                           then created_actions.blueprint_id end);
  v_user uuid := pgswarm.user_of(v_sight);
begin
  return query
  with present as materialized (
    select e.entry_id, e.fields ->> 'action_id' as action_id, (e.fields ->> 'version')::integer as version, l.rank, e.swarm_id,
           e.version as turn, e.path, e.description, e.fields, e.blob, e.author_node_id, e.updated_at as at,
           first_value(e.fields ->> 'version') over (partition by e.fields ->> 'action_id' order by l.rank, e.entry_id)::integer as newest
      from unnest(v_sight.layers) with ordinality l(scope_id, rank)
     cross join lateral (  -- each by its own way through the index: of one action the plan reads that one alone
       select a.* from pgswarm.space_entry a
        where created_actions.action_id is null and a.scope_id = l.scope_id and a.fields ->> 'source' = 'created'
       union all
       select o.* from pgswarm.space_entry o
        where o.scope_id = l.scope_id and o.fields ->> 'source' = 'created'
          and o.fields ->> 'action_id' = created_actions.action_id) e
     where e.space = 'action' and e.kind = 'action'
       and not pgswarm.is_hidden(v_sight, e.entry_id)
  ),
  every as (
    select p.* from present p
    union all
    select p.entry_id, p.action_id, (v.fields ->> 'version')::integer, p.rank, p.swarm_id, v.version, p.path, v.description,
           v.fields, v.blob, v.author_node_id, v.at, p.newest
      from present p
      join pgswarm.entry_version v on v.entry_id = p.entry_id
     where v.fields ->> 'action_id' = p.action_id and v.fields ->> 'version' <> p.version::text
  )
  select d.action_id, d.version,
         d.version = d.newest,
         case when d.swarm_id is null then 'blueprint' else 'swarm' end, d.entry_id, d.path, d.description, d.fields ->> 'hash',
         d.fields, d.author_node_id, d.at, r.revoked_at, r.why,
         case when created_actions.version is not null
              then (select convert_from(b.content, 'UTF8') from pgswarm.blob b where b.blob = d.blob) end
    from (select distinct on (e.action_id, e.version) e.* from every e
           where created_actions.version is null or e.version = created_actions.version
           order by e.action_id, e.version, e.rank, e.turn desc) d
    left join lateral (
      select r.revoked_at, r.why from pgswarm.revoked_action r
       where r.hash = d.fields ->> 'hash' and (r.owner_id is null or r.owner_id = v_user)
       order by r.revoked_at limit 1) r on true
   order by d.action_id, d.version desc;
end
$$;
