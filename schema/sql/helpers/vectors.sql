-- A vector of length 1 in the same direction; null where it has none.
create or replace function pgswarm.unit_vector(numbers real[]) returns real[]
language plpgsql immutable as $$
declare
  v_length double precision;
begin
  select sqrt(sum(x::double precision * x)) into v_length from unnest(numbers) x;
  if v_length is null or v_length = 0 or v_length = 'NaN' or v_length = 'Infinity' then
    return null;
  end if;
  return (select array_agg((x / v_length)::real order by o) from unnest(numbers) with ordinality u(x, o));
end
$$;

-- A bit for each number: whether it is positive. Vectors that are near each other differ in few of them.
create or replace function pgswarm.signs_of(numbers real[]) returns bit varying
language sql immutable as $$
  select string_agg(case when x > 0 then '1' else '0' end, '' order by o)::bit varying from unnest(numbers) with ordinality u(x, o)
$$;

create or replace function pgswarm.likeness(a real[], b real[]) returns real
language sql immutable as $$
  select sum(x::double precision * y)::real from unnest(a, b) u(x, y)
$$;

-- The schema of the extension pgvector; null where it is not installed.
create or replace function pgswarm.vector_schema() returns name
language sql stable as $$
  select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector'
$$;

create or replace function pgswarm.vector_index(model text, numbers integer) returns text
language sql immutable parallel safe as $$
  select 'passage_vector_' || left(md5(model || ' ' || numbers), 16) || '_idx'
$$;

-- Up to how many passages in sight are all compared where pgvector is installed; more are found by its index. An operator sets
-- another number by `alter database … set pgswarm.exact_passages = 5000`.
create or replace function pgswarm.exact_passages() returns integer
language sql stable as $$
  select case when s ~ '^\d{1,9}$' then s::integer else 20000 end from current_setting('pgswarm.exact_passages', true) s
$$;

-- Makes the index of one model's vectors where pgvector is installed and can: up to 2,000 numbers, or 4,000 as half as exact ones.
create or replace function pgswarm.index_vectors(model text, numbers integer) returns void
language plpgsql volatile as $$
declare
  v_schema name := pgswarm.vector_schema();
  v_name text := pgswarm.vector_index(index_vectors.model, numbers);
begin
  if v_schema is null or numbers > 4000 or to_regclass('pgswarm.' || v_name) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtext('pgswarm'), hashtext('index_vectors'));
  execute format('create index if not exists %1$I on pgswarm.passage_vector using hnsw ((%2$s) %3$I.%4$s) '
                 'where model = %5$L and length(signs) = %6$s',
                 v_name, pgswarm.as_vector('embedding', v_schema, numbers), v_schema,
                 case when numbers <= 2000 then 'vector_cosine_ops' else 'halfvec_cosine_ops' end, index_vectors.model, numbers);
end
$$;

-- The same for all models that have vectors: for when the extension came later.
create or replace function pgswarm.index_all_vectors() returns void
language plpgsql volatile as $$
#variable_conflict use_column
begin
  if pgswarm.vector_schema() is not null then
    perform pgswarm.index_vectors(v.model, v.numbers)
       from (select distinct p.model, length(p.signs) as numbers from pgswarm.passage_vector p) v;
  end if;
end
$$;

-- SQL that reads an array of numbers as a vector of pgvector.
create or replace function pgswarm.as_vector(expression text, schema name, numbers integer) returns text
language sql immutable as $$
  select format('(%s)::%I.%s(%s)', expression, schema, case when numbers <= 2000 then 'vector' else 'halfvec' end, numbers)
$$;
