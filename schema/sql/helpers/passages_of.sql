-- How the text of an entry of some kind is built.
create or replace function pgswarm.structure_of(kind text) returns text
language sql immutable parallel safe as $$
  select case when kind = 'markdown' then 'headings'
              when kind in ('python', 'python_module', 'python_class', 'python_function', 'code') then 'definitions'
              when kind in ('csv', 'tsv') then 'rows'
              else 'paragraphs' end
$$;

-- The definition that a line of code begins: its name, and whether it stands within another one (it is indented).
create or replace function pgswarm.definition_in(line text) returns text
language sql immutable parallel safe as $$
  select substring(left(line, 300) from
    '^\s*(?:(?:export|default|public|private|protected|abstract|final|static|async|pub|pub\(\w+\)|override|inline|data|sealed)\s+)*'
    '(?:class|interface|struct|enum|trait|type|record|object|module|function|func|fn|def|sub|fun|proc)\s*\*?\s+'
    '(?:\([^)]*\)\s*)?([A-Za-z_$][A-Za-z0-9_$]*)')
$$;

-- The passages of a text, by their first lines. A part ends where the structure says so, and after about 1,200 characters.
create or replace function pgswarm.passages_of(whole text, structure text)
returns table (passage_no integer, first_line integer, last_line integer, title text, content text)
language plpgsql immutable as $$
#variable_conflict use_column
begin
  return query
  with line as (
    select rtrim(l.line, E'\r') as line, l.line_no::integer
      from regexp_split_to_table(whole, E'\n') with ordinality l(line, line_no)
  ),
  fenced as (  -- within ``` a heading is none
    select *, structure = 'headings' and count(*) filter (where line ~ '^\s*(```|~~~)') over (order by line_no) % 2 = 1 as in_code
      from line
  ),
  named as (
    select *, case
             when structure = 'headings' and not in_code then btrim(substring(left(line, 300) from '^#{1,6}\s+(.*)$'), ' #')
             when structure = 'definitions' then pgswarm.definition_in(line) end as name,
           case structure when 'headings' then length(substring(line from '^#{1,6}')) when 'definitions'
             then case when line ~ '^\s' then 2 else 1 end end as level,
           structure = 'definitions' and line ~ '^\s*@\w' as decorates
      from fenced
  ),
  begun as (  -- a decorator belongs to what it stands above
    select *, structure = 'definitions' and (decorates or name is not null)
              and not coalesce(lag(decorates) over (order by line_no), false) as begins,
           sum(length(line) + 1) over (order by line_no) as so_far,
           max(to_char(line_no, 'FM0000000000') || name) filter (where level = 1) over (order by line_no) as h1,
           max(to_char(line_no, 'FM0000000000') || name) filter (where level = 2) over (order by line_no) as h2,
           max(to_char(line_no, 'FM0000000000') || name) filter (where level = 3) over (order by line_no) as h3,
           max(to_char(line_no, 'FM0000000000') || name) filter (where level >= 4) over (order by line_no) as h4
      from named
  ),
  placed as (
    select *, case structure
             when 'definitions' then count(*) filter (where begins) over (order by line_no)
             when 'rows' then 0
             else count(*) filter (where btrim(line) = '' or name is not null) over (order by line_no) end as part
      from begun
  ),
  sized as (
    select *, coalesce(h1, '') || E'\x01' || coalesce(case when h2 > coalesce(h1, '') then h2 end, '') || E'\x01'
              || coalesce(case when h3 > greatest(h1, h2, '') then h3 end, '') || E'\x01'
              || coalesce(case when h4 > greatest(h1, h2, h3, '') then h4 end, '') as above,
           (so_far - case when structure = 'definitions' then min(so_far) over (partition by part) else 0 end) / 1200 as size_part
      from placed
  ),
  piece as (
    select part, size_part, min(line_no) as first_line, max(line_no) as last_line,
           string_agg(line, E'\n' order by line_no) as text,
           coalesce(min(above) filter (where structure = 'definitions' and name is not null),
                    (array_agg(above order by line_no))[1]) as above
      from sized
     where btrim(line) <> ''
     group by part, size_part
  )
  select (row_number() over (order by p.first_line, s.part_no))::integer, p.first_line, p.last_line,
         case structure
           when 'rows' then case when p.first_line > 1 then coalesce(
             (select left(l.line, 1000) from line l where btrim(l.line) <> '' order by l.line_no limit 1), '') else '' end
           else left(coalesce((
             select string_agg(substr(u.h, 11), case structure when 'headings' then ' > ' else '.' end order by u.o)
               from unnest(string_to_array(p.above, E'\x01')) with ordinality u(h, o) where u.h <> ''), ''), 1000) end,
         s.text
    from piece p
   cross join lateral pgswarm.parts_of(p.text) s;
end
$$;

-- A passage of one very long line (a minified file, JSON without line breaks) in parts of about 4,000 characters, cut between
-- words, so that all of it is found and none is too long for the index; any other as it is.
create or replace function pgswarm.parts_of(passage text) returns table (part_no bigint, text text)
language sql immutable parallel safe as $$
  select 1, passage where length(passage) <= 8000
  union all
  select t.part, t.whole
    from (select e.part, coalesce(lag(e.ending) over (order by e.part), '') || left(e.piece, length(e.piece) - length(e.ending)) as whole
            from (select p.part, p.piece, case  -- the word that goes on in the next part
                           when p.part = max(p.part) over () or position(' ' in right(p.piece, 500)) = 0 then ''
                           else reverse(split_part(reverse(right(p.piece, 500)), ' ', 1)) end as ending
                    from (select (m.o - 1) / 16 as part, string_agg(m.found[1], '' order by m.o) as piece
                            from regexp_matches(case when length(passage) > 8000 then passage end, '.{1,250}', 'g')
                              with ordinality m(found, o)
                           group by 1) p) e) t
   where t.whole ~ '\S'
$$;
