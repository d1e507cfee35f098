-- A word as the text of a query has it.
create or replace function pgswarm.lexeme(word text) returns text
language sql immutable parallel safe as $$
  select '''' || replace(replace(word, '\', '\\'), '''', '''''') || ''''
$$;

-- The passages that are ranked for a query: up to 400 with all of its words; where there are fewer, about 600 more with one or
-- another, the rarest words first: so that what is frequent does not cost its number of passages. `times`: so many times more.
-- The layers are words of the passages too: the index finds those of one swarm among all. Only the index is right for this,
-- whatever the planner thinks.
create or replace function pgswarm.fitting_passages(sight pgswarm.sight, words text[], times integer)
returns table (entry_id uuid, chunk_no integer)
language plpgsql stable set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_layers text;
  v_query tsquery;
  v_word text;
  v_found bigint;
  v_more bigint := 0;
begin
  select '(' || string_agg(pgswarm.lexeme(l::text), ' | ') || ') & ' into v_layers from unnest(sight.layers) l;
  select (v_layers || string_agg(pgswarm.lexeme(w), ' & '))::tsquery into v_query from unnest(words) w;
  return query select c.entry_id, c.chunk_no from pgswarm.entry_chunk c where c.tsv @@ v_query limit 400 * times;
  get diagnostics v_found = row_count;
  if v_found >= 400 * times or cardinality(words) = 1 then
    return;
  end if;
  for v_word in select w from pgswarm.rarest_first(words) w loop
    v_query := (v_layers || pgswarm.lexeme(v_word))::tsquery;
    return query select c.entry_id, c.chunk_no from pgswarm.entry_chunk c where c.tsv @@ v_query limit 200 * times;
    get diagnostics v_found = row_count;
    v_more := v_more + v_found;
    exit when v_more >= 600 * times;
  end loop;
end
$$;

-- Words by how many passages of the database have them, as far as its statistics know; those that they do not know are rare.
create or replace function pgswarm.rarest_first(words text[]) returns setof text
language sql stable as $$
  select w.word
    from unnest(words) w(word)
    left join (select m.word, m.share
                 from pg_stats s
                cross join lateral unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) m(word, share)
                where s.schemaname = 'pgswarm' and s.tablename = 'entry_chunk' and s.attname = 'tsv') f using (word)
   order by coalesce(f.share, 0), w.word
$$;

-- The same below an entry. Of a folder with up to 1,000 entries what lies there is looked up first; of a larger one what lies
-- there is taken from what fits in all, of which more is looked at.
create or replace function pgswarm.fitting_passages_below(sight pgswarm.sight, words text[], folder_id uuid)
returns table (entry_id uuid, chunk_no integer)
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_any tsquery;
  v_path text;
  v_ids uuid[];
begin
  v_ids := pgswarm.some_below(sight, fitting_passages_below.folder_id, 1001);
  if cardinality(v_ids) > 1000 then
    select e.path || '/' into v_path from pgswarm.space_entry e where e.entry_id = fitting_passages_below.folder_id;
    return query
      select distinct f.entry_id, f.chunk_no
        from pgswarm.fitting_passages(sight, words, 2) f
        join pgswarm.space_entry e on e.entry_id = f.entry_id and (v_path = '/' or e.path ^@ v_path);
    return;
  end if;
  select string_agg(pgswarm.lexeme(w), ' | ')::tsquery into v_any from unnest(words) w;
  return query
    select c.entry_id, c.chunk_no
      from unnest(v_ids) t(entry_id) join pgswarm.entry_chunk c on c.entry_id = t.entry_id
     where c.tsv @@ v_any
     limit 2000;
end
$$;

-- An entry and what lies below it, as far as a swarm sees that, up to so many.
create or replace function pgswarm.some_below(sight pgswarm.sight, folder_id uuid, most integer) returns uuid[]
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  return array(
    with recursive tree as (
      select some_below.folder_id as entry_id
      union
      select e.entry_id from tree t join pgswarm.space_entry e on e.parent_id = t.entry_id and e.scope_id = any (sight.layers)
    )
    select t.entry_id from tree t limit most);
end
$$;
