-- The content of an entry of a swarm's memory; null where it has none.
create or replace function pgswarm.read_entry(swarm_id uuid, entry_id uuid) returns bytea
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(read_entry.swarm_id);
  return (
    select b.content
      from pgswarm.space_entry e
      join pgswarm.blob b on b.blob = e.blob
     where e.swarm_id = read_entry.swarm_id and e.entry_id = read_entry.entry_id);
end
$$;
