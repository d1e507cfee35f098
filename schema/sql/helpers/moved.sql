-- What a settled verb makes of a node: every column that an act changes. The one home of that rule. It reads nothing, so the
-- planner puts it in place of its call, in the batch's statement and in that of a single act.
create or replace function pgswarm.moved(
  verb text, settled text, at timestamptz, act_report text, act_error jsonb, act_handler text, act_state jsonb,
  delay_s double precision, children integer, max_activations integer, refused text,
  was_status text, was_error jsonb, was_handler text, was_state jsonb, was_attempt integer, was_activation integer,
  depth integer, was_available_at timestamptz
) returns table (
  status text, outcome text, report text, report_blob text, error jsonb, handler text, state jsonb, attempt integer,
  activation integer, available_at timestamptz, open_children integer, terminated_at timestamptz
)
language sql stable parallel safe as $$
  select
    case
      when settled in ('finish', 'fail', 'cancel') then 'terminated'
      when settled = 'spawn' then 'awaiting_children'
      when settled = 'ask' then 'waiting_user'
      else 'pending'
    end,
    case settled when 'finish' then 'succeeded' when 'fail' then 'failed' when 'cancel' then 'cancelled' end,
    case when settled in ('finish', 'fail') then pgswarm.row_text(act_report) end,
    case when settled in ('finish', 'fail') then pgswarm.blob_of(act_report) end,
    case
      when settled in ('finish', 'ask', 'spawn', 'continue') then null
      when settled in ('fail', 'retry')
      then pgswarm.settle_error(verb, settled, was_attempt, was_activation, depth, max_activations, refused, act_error)
      -- how often in a row: a worker runs a node that was lost again and again apart from others (poison)
      when settled = 'expire' and was_status = 'running' then jsonb_build_object(
        'code', 'lost', 'losses', coalesce((was_error ->> 'losses')::integer, 0) + 1,
        'message', format('attempt %s ended without a result: the worker died or the time was up', was_attempt))
      else was_error
    end,
    -- released, also by a limit that its spawn would have passed: the same handler runs again on the same state
    case when settled = 'release' then was_handler else coalesce(act_handler, was_handler) end,
    case when settled = 'release' then was_state else coalesce(act_state, was_state) end,
    case
      when settled in ('ask', 'spawn', 'continue') then 0
      when settled = 'release' then greatest(was_attempt - 1, 0)
      else was_attempt
    end,
    -- released as if never claimed: the next claim runs the same activation and finds its model calls again
    case when settled = 'release' and was_attempt = 1 then was_activation - 1 else was_activation end,
    case
      when settled in ('continue', 'retry', 'release') then at + coalesce(delay_s, 0) * interval '1 second'
      when settled in ('expire', 'answer') then at
      else was_available_at
    end,
    case when settled = 'spawn' then children else 0 end,
    case when settled in ('finish', 'fail', 'cancel') then at end
$$;
