-- Files pages of documentation in the memory that all swarms share, each at its path below `swarm`; what there is of folders to
-- them is made. Pages that are the same already are not written; returns how many were.
create or replace function pgswarm.register_documentation(pages jsonb) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_entry pgswarm.space_entry;
  v_wrong text;
  v_written integer := 0;
begin
  select p ->> 'path' into v_wrong from jsonb_array_elements(pages) p
   where coalesce(p ->> 'path', '') !~ '^swarm(/[^/[:cntrl:]]{1,255}){1,8}$' or p ->> 'path' like 'swarm/suggestions/%'
      or p ->> 'content' is null
   limit 1;
  if found then
    raise exception 'page % cannot be filed', coalesce(quote_literal(left(v_wrong, 100)), 'null')
      using errcode = 'PS422', detail = 'path', hint = 'a path below swarm/, and a content';
  end if;
  perform pgswarm.file_built_in('memory', f.path, split_part(f.path, '/', -1), '')
     from (select distinct array_to_string(s.parts[1:n], '/') as path
             from (select string_to_array(p ->> 'path', '/') as parts from jsonb_array_elements(pages) p) s
            cross join lateral generate_series(2, cardinality(s.parts) - 1) n
            order by 1) f;
  insert into pgswarm.blob (blob, content, bytes)
  select distinct on (1) encode(sha256(c.content), 'hex'), c.content, octet_length(c.content)
    from jsonb_array_elements(pages) p cross join lateral (select convert_to(p ->> 'content', 'UTF8') as content) c
   order by 1
  on conflict do nothing;
  for v_entry in
    insert into pgswarm.space_entry as e (
      entry_id, space, parent_id, path, name, kind, description, blob, size, author, created_at, updated_at)
    select distinct on (g.path) pgswarm.built_in_id('memory', g.path), 'memory',
           pgswarm.built_in_id('memory', regexp_replace(g.path, '/[^/]+$', '')), g.path, split_part(g.path, '/', -1), 'markdown',
           left(coalesce(g.description, ''), 10000), encode(sha256(g.content), 'hex'), octet_length(g.content), 'pgswarm',
           pgswarm.clock(), pgswarm.clock()
      from jsonb_array_elements(pages) p
     cross join lateral (select p ->> 'path' as path, p ->> 'description' as description,
                                convert_to(p ->> 'content', 'UTF8') as content) g
     order by g.path
    on conflict (entry_id) do update
       set description = excluded.description, blob = excluded.blob, size = excluded.size, version = e.version + 1,
           updated_at = excluded.updated_at
     where (e.description, e.blob) is distinct from (excluded.description, excluded.blob)
    returning e.*
  loop
    perform pgswarm.index_entry(v_entry, (select b.content from pgswarm.blob b where b.blob = v_entry.blob));
    v_written := v_written + 1;
  end loop;
  return v_written;
end
$$;
