-- Places at a model: how many calls may be under way at once, and how many tokens a minute, across all processors. A call that
-- has a place has a row in `model_use`; it counts while its node is held under the epoch that took it by a worker whose lease
-- lives, so that the places of a dead worker are free with its lease. Tokens count as reserved until the end and as used then,
-- for a minute from the end on: in no minute are they more than the limit.

-- The limit of a model: its own, else that of '*', which is not for what answers inside a processor.
create or replace function pgswarm.limit_of_model(model text) returns pgswarm.model_limit
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_limit pgswarm.model_limit;
begin
  select l.* into v_limit from pgswarm.model_limit l where l.model = limit_of_model.model;
  if not found and limit_of_model.model <> 'offline/rules' and limit_of_model.model not like 'recorded:%' then
    select l.* into v_limit from pgswarm.model_limit l where l.model = '*';
  end if;
  return v_limit;
end
$$;

-- Takes a place for a call; null where there is one or no limit, else {limit, most, wait_s}: what is in the way, and in how many
-- seconds, about, the next place is free. Called with the swarm's lock in hand; the model's lock comes after it, always.
create or replace function pgswarm.take_place(
  model text, swarm_id uuid, node_id uuid, epoch integer, activation integer, call_no integer, request_hash text, tokens bigint
) returns jsonb
language plpgsql volatile set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_limit pgswarm.model_limit := pgswarm.limit_of_model(take_place.model);
  v_now timestamptz;
  v_minute_ago timestamptz;
  v_under_way bigint;
  v_used bigint;
  v_needed bigint;
  v_mean_s double precision;
  v_free_at timestamptz;
begin
  if v_limit.model is null then
    return null;
  end if;
  perform pg_advisory_xact_lock(hashtext('pgswarm.model_use'), hashtext(take_place.model));
  v_now := pgswarm.clock();
  v_minute_ago := v_now - interval '1 minute';
  update pgswarm.model_use u
     set ended_at = v_now
   where u.ended_at = 'infinity' and u.model = take_place.model
     and (u.swarm_id, u.node_id, u.activation, u.call_no, u.request_hash)
         = (take_place.swarm_id, take_place.node_id, take_place.activation, take_place.call_no, take_place.request_hash)
      or u.ended_at = 'infinity' and u.model = take_place.model
     and not exists (
       select from pgswarm.node n join pgswarm.worker w on w.worker_id = n.lease_owner
        where n.swarm_id = u.swarm_id and n.node_id = u.node_id and n.status = 'running' and n.lease_epoch = u.lease_epoch
          and w.stopped_at is null and w.expires_at > v_now);
  select count(*) filter (where u.ended_at = 'infinity'), coalesce(sum(u.tokens), 0),
         extract(epoch from avg(u.ended_at - u.began_at) filter (where u.ended_at < 'infinity'))
    into v_under_way, v_used, v_mean_s
    from pgswarm.model_use u
   where u.ended_at > v_minute_ago and u.model = take_place.model;
  v_mean_s := coalesce(v_mean_s, 0.2);
  if v_under_way >= v_limit.concurrency then
    return jsonb_build_object('limit', 'concurrency', 'most', v_limit.concurrency, 'wait_s', v_mean_s / v_limit.concurrency);
  end if;
  v_needed := least(take_place.tokens, v_limit.tokens_per_minute);  -- one that never fits is let through alone
  if v_used + v_needed > v_limit.tokens_per_minute then
    select min(f.ended_at) + interval '1 minute' into v_free_at
      from (select u.ended_at, sum(u.tokens) over (order by u.ended_at) as freed
              from pgswarm.model_use u
             where u.ended_at > v_minute_ago and u.ended_at < 'infinity' and u.model = take_place.model) f
     where v_used - f.freed + v_needed <= v_limit.tokens_per_minute;
    return jsonb_build_object('limit', 'tokens_per_minute', 'most', v_limit.tokens_per_minute,
      'wait_s', greatest(least(case when v_under_way > 0 then v_mean_s / v_under_way end,
                               extract(epoch from v_free_at - v_now)::double precision), 0.05));
  end if;
  insert into pgswarm.model_use (swarm_id, node_id, activation, call_no, request_hash, model, lease_epoch, tokens, began_at)
  values (take_place.swarm_id, take_place.node_id, take_place.activation, take_place.call_no, take_place.request_hash,
          take_place.model, take_place.epoch, take_place.tokens, v_now);
  return null;
end
$$;

-- Gives the place of a call back, if it has one; `tokens` are what it took.
create or replace function pgswarm.leave_place(
  swarm_id uuid, node_id uuid, activation integer, call_no integer, request_hash text, tokens bigint
) returns void
language plpgsql volatile set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  update pgswarm.model_use u
     set ended_at = pgswarm.clock(), tokens = leave_place.tokens
   where u.swarm_id = leave_place.swarm_id and u.node_id = leave_place.node_id and u.activation = leave_place.activation
     and u.call_no = leave_place.call_no and u.request_hash = leave_place.request_hash and u.ended_at = 'infinity';
end
$$;

-- Forgets what counts no more: uses that ended over a minute ago, partial answers of calls that nobody makes any more.
create or replace function pgswarm.forget_model_uses(now timestamptz) returns void
language plpgsql volatile as $$
#variable_conflict use_column
begin
  delete from pgswarm.model_use u
   where u.ctid in (select o.ctid from pgswarm.model_use o where o.ended_at < forget_model_uses.now - interval '1 minute'
                     order by o.ended_at limit 1000 for update skip locked);
  delete from pgswarm.partial_answer p
   where p.ctid in (select o.ctid from pgswarm.partial_answer o where o.at < forget_model_uses.now - interval '1 hour'
                     limit 1000 for update skip locked);
end
$$;
