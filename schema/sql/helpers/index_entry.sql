-- Cuts a text along its blank lines into passages of up to about 1,200 characters, each with its place, for full-text search.
-- What is not UTF-8 text is kept but not searched; nor is what is in another space than memory.
create or replace function pgswarm.index_entry(entry pgswarm.space_entry, content bytea) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_text text;
begin
  delete from pgswarm.entry_chunk c where c.entry_id = entry.entry_id;
  if entry.space <> 'memory' or content is null or position('\x00'::bytea in content) > 0 or octet_length(content) > 20000000 then
    return;
  end if;
  begin
    v_text := convert_from(content, 'UTF8');
  exception when character_not_in_repertoire or untranslatable_character then
    return;
  end;
  insert into pgswarm.entry_chunk (swarm_id, scope_id, entry_id, chunk_no, first_line, last_line, content)
  with line as (
    select rtrim(l.line, E'\r') as line, l.line_no::integer
      from regexp_split_to_table(v_text, E'\n') with ordinality l(line, line_no)
  ),
  placed as (
    select line, line_no,
           count(*) filter (where btrim(line) = '') over (order by line_no) as paragraph,
           sum(length(line) + 1) over (order by line_no) as so_far
      from line
  ),
  piece as (
    select paragraph, (so_far / 1200) as part, min(line_no) as first_line, max(line_no) as last_line,
           string_agg(line, E'\n' order by line_no) as text
      from placed
     where btrim(line) <> ''
     group by paragraph, so_far / 1200
  )
  select entry.swarm_id, entry.scope_id, entry.entry_id, (row_number() over (order by first_line))::integer, first_line, last_line,
         left(text, 100000)
    from piece
   where length(text) < 900000;
end
$$;
