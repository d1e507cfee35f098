-- Passages of what a swarm remembers, its own and its blueprint's, that fit a query in plain words, best first (PostgreSQL full-text
-- search, English stems). All words first; where nothing has them all, any of them. `folder_id`: only what lies below it.
create or replace function pgswarm.search_memory(swarm_id uuid, query text, max_results integer, folder_id uuid default null)
returns table (entry_id uuid, name text, path text, content text, first_line integer, last_line integer, score real)
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(search_memory.swarm_id);
  v_words text[] := array(select distinct u.lexeme from unnest(to_tsvector('english', left(query, 10000))) u limit 16);
  v_all tsquery;
  v_any tsquery;
begin
  if search_memory.folder_id is not null then
    perform pgswarm.seen_entry(v_sight, search_memory.folder_id, 'folder_id');
  else  -- the documentation, which all share, is searched where its folder is named
    v_sight.layers := array_remove(v_sight.layers, pgswarm.built_in_scope());
  end if;
  if cardinality(v_words) = 0 then
    return;
  end if;
  select string_agg(pgswarm.lexeme(w), ' & ')::tsquery, string_agg(pgswarm.lexeme(w), ' | ')::tsquery
    into v_all, v_any from unnest(v_words) w;
  return query
    with fitting as materialized (
      select distinct f.* from pgswarm.fitting_passages(v_sight, v_words, 1) f where search_memory.folder_id is null
      union all
      select f.* from pgswarm.fitting_passages_below(v_sight, v_words, search_memory.folder_id) f
       where search_memory.folder_id is not null
    )
    select e.entry_id, e.name, e.path, c.content, c.first_line, c.last_line,
           ts_rank_cd(c.tsv, v_any, 1) + case when c.tsv @@ v_all then 1 else 0 end::real
      from fitting f
      join pgswarm.entry_chunk c on c.entry_id = f.entry_id and c.chunk_no = f.chunk_no
      join pgswarm.space_entry e on e.entry_id = c.entry_id
     where cardinality(v_sight.hidden) = 0 or not exists (
       select from pgswarm.entry_line(e.entry_id) l where l.entry_id = any (v_sight.hidden))
     order by 7 desc, 1, 5
     limit least(greatest(max_results, 1), 100);
end
$$;
