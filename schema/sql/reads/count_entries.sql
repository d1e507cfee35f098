-- How many entries of a space a swarm sees that are no folders, up to `max_entries` + 1: whether the space is a small one.
create or replace function pgswarm.count_entries(swarm_id uuid, space text, max_entries integer) returns integer
language plpgsql stable security definer set search_path = pgswarm, pg_temp set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(count_entries.swarm_id);
begin
  perform pgswarm.require_space(count_entries.space);
  return (
    select count(*)
      from (select from unnest(v_sight.layers) l(scope_id)
             cross join lateral (
               select e.kind from pgswarm.space_entry e
                where e.scope_id = l.scope_id and e.space = count_entries.space
                order by e.path) e
             where e.kind <> 'folder'
             limit least(greatest(max_entries, 0), 1000) + 1) c);
end
$$;
