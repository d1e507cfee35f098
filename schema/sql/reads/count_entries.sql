-- How many entries of a space a swarm sees that are no folders, up to `max_entries` + 1: whether the space is a small one.
create or replace function pgswarm.count_entries(swarm_id uuid, space text, max_entries integer) returns integer
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(count_entries.swarm_id);
  v_most integer := least(greatest(max_entries, 0), 1000) + 1;
  v_found integer := 0;
  v_scope uuid;
begin
  perform pgswarm.require_space(count_entries.space);
  foreach v_scope in array v_sight.layers loop
    v_found := v_found + (
      select count(*)
        from (select from pgswarm.space_entry e
               where e.scope_id = v_scope and e.space = count_entries.space and e.kind <> 'folder'
               limit v_most - v_found) e);
    exit when v_found >= v_most;
  end loop;
  return v_found;
end
$$;
