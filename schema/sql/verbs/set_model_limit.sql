-- Limits a model across all processors: how many calls at once, and how many tokens a minute; null: no such limit. '*' is every
-- model of a server that has no limit of its own. Both null takes the limit away.
create or replace function pgswarm.set_model_limit(
  model text, concurrency integer default null, tokens_per_minute bigint default null
) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  if coalesce(set_model_limit.model, '') = '' then
    raise exception 'model is empty' using errcode = 'PS422', detail = 'model', hint = 'name one, or * for all others';
  end if;
  if set_model_limit.concurrency < 1 then
    raise exception 'concurrency cannot be %', set_model_limit.concurrency
      using errcode = 'PS422', detail = 'concurrency', hint = 'a whole number from 1, or null for no limit';
  end if;
  if set_model_limit.tokens_per_minute < 1 then
    raise exception 'tokens_per_minute cannot be %', set_model_limit.tokens_per_minute
      using errcode = 'PS422', detail = 'tokens_per_minute', hint = 'a whole number from 1, or null for no limit';
  end if;
  if set_model_limit.concurrency is null and set_model_limit.tokens_per_minute is null then
    delete from pgswarm.model_limit l where l.model = set_model_limit.model;
    return;
  end if;
  insert into pgswarm.model_limit as l (model, concurrency, tokens_per_minute, set_at)
  values (set_model_limit.model, set_model_limit.concurrency, set_model_limit.tokens_per_minute, pgswarm.clock())
  on conflict (model) do update
     set concurrency = excluded.concurrency, tokens_per_minute = excluded.tokens_per_minute, set_at = excluded.set_at;
end
$$;
