-- Notes how a model of a server can be asked, as a processor found out: null is what it did not try, and stays as it was. With
-- `anew` what was known before is forgotten: it is old.
create or replace function pgswarm.learn_model(
  server text, model text, structured text default null, newer_limit boolean default null, streams boolean default null,
  stream_usage boolean default null, dimensions integer default null, anew boolean default false
) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  insert into pgswarm.model_ability as a (server, model, structured, newer_limit, streams, stream_usage, dimensions, learned_at)
  values (learn_model.server, learn_model.model, learn_model.structured, learn_model.newer_limit, learn_model.streams,
          learn_model.stream_usage, learn_model.dimensions, pgswarm.clock())
  on conflict (server, model) do update
     set structured = coalesce(excluded.structured, case when not anew then a.structured end),
         newer_limit = coalesce(excluded.newer_limit, case when not anew then a.newer_limit end),
         streams = coalesce(excluded.streams, case when not anew then a.streams end),
         stream_usage = coalesce(excluded.stream_usage, case when not anew then a.stream_usage end),
         dimensions = coalesce(excluded.dimensions, case when not anew then a.dimensions end),
         learned_at = case when anew then excluded.learned_at else a.learned_at end;
end
$$;
