-- Says what a person must say yes to before it is done, from the next activations on: `none`, `plan` or `every_step`. What is
-- under way already goes on. False: it was so already.
create or replace function pgswarm.set_approval(swarm_id uuid, approve text) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_row pgswarm.swarm;
  v_at timestamptz;
  v_seq bigint;
begin
  perform pgswarm.require_swarm(set_approval.swarm_id);
  if coalesce(approve, '') not in ('none', 'plan', 'every_step') then
    raise exception 'approve cannot be %', coalesce(quote_literal(left(approve, 40)), 'null')
      using errcode = 'PS422', detail = 'approve', hint = 'none, plan or every_step';
  end if;
  perform pgswarm.lock_swarms(array[set_approval.swarm_id]);
  perform pgswarm.swarm_status(set_approval.swarm_id);
  v_at := pgswarm.next_event_at(set_approval.swarm_id);
  update pgswarm.swarm s set options = s.options || jsonb_build_object('approve', set_approval.approve)
   where s.swarm_id = set_approval.swarm_id and pgswarm.approval_of(s.options) <> set_approval.approve
  returning s.* into v_row;
  if not found then
    return false;
  end if;
  update pgswarm.lane l set has_messages = true
   where l.swarm_id = set_approval.swarm_id and not l.has_messages and pgswarm.is_supervised(v_row.options);
  v_seq := pgswarm.append_event(v_row.swarm_id, v_at, 'swarm.approval_changed', null, null, pgswarm.swarm_frame(v_row));
  perform pgswarm.notify_since(v_row.swarm_id, v_seq);
  return true;
end
$$;
