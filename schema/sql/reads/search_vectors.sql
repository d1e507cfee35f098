-- Passages whose vectors are nearest to one of the same model, best first, as a swarm sees them; `folder_id`: of that entry and
-- what lies below it. Up to 1,000 passages are compared exactly. Of more, where pgvector is installed: all exactly up to 20,000
-- (`exact_passages`), then by its index, if that gives enough of them; without it the 1,000 that differ least in the signs of their numbers. `score` is
-- the cosine.
create or replace function pgswarm.search_vectors(
  swarm_id uuid, model text, query real[], max_results integer, folder_id uuid default null
) returns table (entry_id uuid, name text, path text, title text, content text, first_line integer, last_line integer, score real)
language plpgsql volatile security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(search_vectors.swarm_id);
  v_query real[] := pgswarm.unit_vector(search_vectors.query);
  v_signs bit varying := pgswarm.signs_of(v_query);
  v_numbers integer := cardinality(v_query);
  v_schema name := pgswarm.vector_schema();
  v_most integer := least(greatest(search_vectors.max_results, 1), 100);
  v_hashes bytea[];
begin
  if v_numbers is null or v_numbers > 16384 then
    raise exception 'query is no vector' using errcode = 'PS422', detail = 'query', hint = 'give up to 16384 numbers, not all of them 0';
  end if;
  if v_schema is not null and pgswarm.sees_many_passages(v_sight, search_vectors.folder_id) then
    v_hashes := pgswarm.hashes_in_sight(
      v_sight, search_vectors.folder_id, pgswarm.near_by_index(v_schema, search_vectors.model, v_query));
    if cardinality(v_hashes) < v_most then
      v_hashes := null;
    end if;
  end if;
  if v_hashes is null then
    select array_agg(distinct p.hash) into v_hashes
      from pgswarm.seen_passages(v_sight, search_vectors.folder_id) p where not pgswarm.is_hidden(v_sight, p.entry_id);
    if v_schema is not null then
      v_hashes := pgswarm.near_by_vector(v_schema, search_vectors.model, v_query, v_hashes, v_most);
    elsif cardinality(v_hashes) > 1000 then
      select array_agg(n.hash) into v_hashes from (
        select v.hash from unnest(v_hashes) u(hash) join pgswarm.passage_vector v on v.hash = u.hash and v.model = search_vectors.model
         where length(v.signs) = v_numbers
         order by bit_count(v.signs # v_signs) limit 1000) n;
    end if;
  end if;
  return query
  with near as materialized (
    select v.hash, pgswarm.likeness(v.embedding, v_query) as score
      from unnest(v_hashes) u(hash) join pgswarm.passage_vector v on v.hash = u.hash and v.model = search_vectors.model
     where length(v.signs) = v_numbers
     order by 2 desc, 1 limit v_most
  )
  select e.entry_id, e.name, e.path, c.title, c.content, c.first_line, c.last_line, n.score
    from near n
   cross join lateral (
     select p.* from pgswarm.entry_chunk p
      where p.hash = n.hash and p.scope_id = any (v_sight.layers)
        and (search_vectors.folder_id is null or exists (
          select from pgswarm.entry_line(p.entry_id) l where l.entry_id = search_vectors.folder_id))
        and not pgswarm.is_hidden(v_sight, p.entry_id)
      order by p.entry_id, p.chunk_no limit v_most) c
    join pgswarm.space_entry e on e.entry_id = c.entry_id
   order by n.score desc, e.entry_id, c.first_line
   limit v_most;
end
$$;

-- The nearest of some passages, all of them compared.
create or replace function pgswarm.near_by_vector(schema name, model text, query real[], hashes bytea[], max_results integer)
returns bytea[]
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_found bytea[];
  v_numbers integer := cardinality(query);
begin
  execute format(
    'select array_agg(n.hash) from (
       select v.hash from unnest($1) u(hash) join pgswarm.passage_vector v on v.hash = u.hash and v.model = $2
        where length(v.signs) = %3$s
        order by ((%1$s) operator(%2$I.<=>) (%4$s)) + 0 limit $3) n',  -- a sum: no index is in that order
    pgswarm.as_vector('v.embedding', schema, v_numbers), schema, v_numbers, pgswarm.as_vector('$4', schema, v_numbers))
    into v_found using hashes, near_by_vector.model, max_results, query;
  return v_found;
end
$$;

-- The passages of all swarms that the index gives as the nearest, up to 400.
create or replace function pgswarm.near_by_index(schema name, model text, query real[]) returns bytea[]
language plpgsql volatile set enable_seqscan = off set enable_sort = off set jit = off as $$
declare
  v_found bytea[];
begin
  perform set_config('hnsw.ef_search', '400', true);
  execute pgswarm.near_by_index_query(schema, near_by_index.model, cardinality(query)) into v_found using query;
  return v_found;
end
$$;

-- The query of it; $1 is the vector.
create or replace function pgswarm.near_by_index_query(schema name, model text, numbers integer) returns text
language sql immutable as $$
  select format(
    'select array_agg(n.hash) from (
       select v.hash from pgswarm.passage_vector v
        where v.model = %5$L and length(v.signs) = %3$s
        order by (%1$s) operator(%2$I.<=>) (%4$s) limit 400) n',
    pgswarm.as_vector('v.embedding', schema, numbers), schema, numbers, pgswarm.as_vector('$1', schema, numbers), model)
$$;

-- Whether so many passages are in sight that the index is asked for the nearest of them. Below an entry: whether more than 1,000
-- entries are, too, so that to look each of them up would take longer.
create or replace function pgswarm.sees_many_passages(sight pgswarm.sight, folder_id uuid) returns boolean
language plpgsql stable set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
begin
  if folder_id is not null and cardinality(pgswarm.some_below(sight, folder_id, 1001)) <= 1000 then
    return false;
  end if;
  return pgswarm.exact_passages() < (
    select count(*)
      from (select from pgswarm.entry_chunk c  -- the index alone says it
             where c.scope_id = any (array_remove(sight.layers, pgswarm.built_in_scope()))
             limit pgswarm.exact_passages() + 1) n);
end
$$;

-- Those of some passages that a swarm sees, below an entry.
create or replace function pgswarm.hashes_in_sight(sight pgswarm.sight, folder_id uuid, hashes bytea[]) returns bytea[]
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  if folder_id is not null then
    perform pgswarm.seen_entry(sight, hashes_in_sight.folder_id, 'folder_id');
  end if;
  return array(
    select u.hash from unnest(hashes) u(hash)
     where exists (
       select from pgswarm.entry_chunk c
        where c.hash = u.hash and c.scope_id = any (sight.layers)
          and case when hashes_in_sight.folder_id is null then c.scope_id <> pgswarm.built_in_scope()
                   else exists (select from pgswarm.entry_line(c.entry_id) l where l.entry_id = hashes_in_sight.folder_id) end
          and not pgswarm.is_hidden(sight, c.entry_id)));
end
$$;
