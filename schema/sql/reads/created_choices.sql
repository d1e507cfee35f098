-- The actions of swarms that somebody may choose in a swarm: of its own and its blueprint's the first by id, each as it is in force.
-- No more than `max_choices` of a layer are looked at, however many there are.
create or replace function pgswarm.created_choices(swarm_id uuid, max_choices integer)
returns table (action_id text, description text, input_schema jsonb)
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(created_choices.swarm_id);
  v_most integer := least(greatest(created_choices.max_choices, 0), 1000);
begin
  return query
  select n.action_id, n.description, n.fields -> 'input_schema'
    from (
      select distinct on (k.fields ->> 'action_id') k.fields ->> 'action_id' as action_id, k.description, k.fields
        from unnest(v_sight.layers) with ordinality l(scope_id, rank)
       cross join lateral (
         select e.*
           from pgswarm.space_entry e
          where e.scope_id = l.scope_id and e.fields ->> 'source' = 'created'
          order by e.fields ->> 'action_id'
          limit v_most) k
       where k.space = 'action' and k.kind = 'action' and not pgswarm.is_hidden(v_sight, k.entry_id)
       order by k.fields ->> 'action_id', l.rank, k.entry_id) n
   where n.fields -> 'routable' = 'true' and not pgswarm.is_withdrawn(v_sight, n.fields)
   order by n.action_id
   limit v_most;
end
$$;
