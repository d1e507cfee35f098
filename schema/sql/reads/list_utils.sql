-- The functions of the util space that a swarm sees, in the versions in force, each with its code: its own first, then its
-- blueprint's, then the built-in ones, each by path. Of one path the nearest. As many as `max_entries` and `max_bytes` (in all) let in;
-- what alone is larger stands in nobody's way.
create or replace function pgswarm.list_utils(swarm_id uuid, max_entries integer default 200, max_bytes bigint default 1000000)
returns table (entry_id uuid, path text, layer text, version integer, description text, fields jsonb, content bytea)
language plpgsql stable security definer set search_path = pgswarm, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(list_utils.swarm_id);
  v_most integer := least(greatest(max_entries, 0), 1000);
begin
  return query
  with seen as (
    select distinct on (e.path) e.*, l.rank
      from unnest(v_sight.layers) with ordinality l(scope_id, rank)
     cross join lateral (
       select a.* from pgswarm.space_entry a
        where a.scope_id = l.scope_id and a.space = 'util' and a.kind = 'function' and a.size <= max_bytes and a.blob is not null
        order by a.path limit v_most) e
     where cardinality(v_sight.hidden) = 0 or not exists (
       select from pgswarm.entry_line(e.entry_id) h where h.entry_id = any (v_sight.hidden))
     order by e.path, l.rank
  ), bounded as (
    select s.*, sum(s.size) over nearest as bytes, row_number() over nearest as nth
      from seen s
    window nearest as (order by s.rank, s.path, s.entry_id)
  )
  select f.entry_id, f.path,
         case when f.swarm_id is not null then 'swarm' when f.blueprint_id is not null then 'blueprint' else 'built_in' end,
         f.version, f.description, f.fields, b.content
    from bounded f
    join pgswarm.blob b on b.blob = f.blob
   where f.nth <= v_most and f.bytes <= max_bytes
   order by f.nth;
end
$$;
