-- Passages of a swarm's memory that fit a query in plain words, best first (PostgreSQL full-text search, English stems). All
-- words first; where nothing has them all, any of them.
create or replace function pgswarm.search_memory(swarm_id uuid, query text, max_results integer)
returns table (entry_id uuid, name text, path text, content text, first_line integer, last_line integer, score real)
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_all tsquery := plainto_tsquery('english', query);
  v_any tsquery := nullif(replace(plainto_tsquery('english', query)::text, ' & ', ' | '), '')::tsquery;
begin
  perform pgswarm.swarm_status(search_memory.swarm_id);
  return query
    select e.entry_id, e.name, e.path, c.content, c.first_line, c.last_line,
           ts_rank_cd(c.tsv, v_any, 1) + case when c.tsv @@ v_all then 1 else 0 end::real
      from pgswarm.entry_chunk c
      join pgswarm.space_entry e on e.entry_id = c.entry_id
     where c.swarm_id = search_memory.swarm_id and c.tsv @@ v_any
     order by 7 desc, 1, 5
     limit least(greatest(max_results, 1), 100);
end
$$;
