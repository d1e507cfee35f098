-- Passages that stand under something of a name (a heading, a class, a function), as a swarm sees them: the whole name first, then a
-- part of it, whatever its case. `folder_id`: of that entry and what lies below it.
create or replace function pgswarm.search_titles(swarm_id uuid, called text, max_results integer, folder_id uuid default null)
returns table (entry_id uuid, name text, path text, title text, content text, first_line integer, last_line integer, score real)
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(search_titles.swarm_id);
  v_name text := lower(btrim(left(search_titles.called, 300)));
begin
  if v_name = '' then
    return;
  end if;
  return query
  select e.entry_id, e.name, e.path, c.title, c.content, c.first_line, c.last_line,
         case when lower(c.title) = v_name or lower(c.title) like '%.' || v_name then 1 else 0.5 end::real
    from pgswarm.seen_passages(v_sight, search_titles.folder_id) p
    join pgswarm.entry_chunk c on c.entry_id = p.entry_id and c.chunk_no = p.chunk_no
    join pgswarm.space_entry e on e.entry_id = c.entry_id
   where position(v_name in lower(c.title)) > 0 and not pgswarm.is_hidden(v_sight, e.entry_id)
   order by 8 desc, e.path, c.first_line
   limit least(greatest(search_titles.max_results, 1), 100);
end
$$;
