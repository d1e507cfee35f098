-- One transaction of a worker: commits everything that it finished, wakes parents, appends events, and claims the next
-- batch. See `apply_acts` and `claim_nodes`; this is the only verb on the hot path.
create or replace function pgswarm.advance(
  worker_id uuid, swarm_ids uuid[], node_ids uuid[], epochs integer[], verbs text[], reports text[], errors jsonb[],
  handlers text[], states jsonb[], delays_s double precision[],
  child_of integer[], child_ids uuid[], child_actions text[], child_directives text[], child_args jsonb[],
  child_priorities smallint[],
  question_of integer[], question_ids uuid[], questions jsonb[],
  done_claims bigint[], claim_limit integer, lane_limit integer, fresh_limit integer, action_patterns text[]
) returns setof pgswarm.advanced
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_bad text;
  v_row pgswarm.advanced;
  v_went_on boolean := false;
begin
  if cardinality(advance.node_ids) > 0 then
    select v into v_bad from unnest(advance.verbs) v
     where v is null or v <> all ('{finish,fail,ask,spawn,continue,retry,release}') limit 1;
    if found then
      raise exception 'verbs: % is not what a worker may do to a node', coalesce(v_bad, 'null')
        using errcode = 'PS422', detail = 'verbs', hint = 'finish, fail, ask, spawn, continue, retry or release';
    end if;
    if cardinality(advance.node_ids) = 1 and cardinality(advance.question_of) = 0 then
      for v_row in
        select * from pgswarm.apply_act(
          advance.worker_id, advance.swarm_ids, advance.node_ids, advance.epochs, advance.verbs, advance.reports, advance.errors,
          advance.handlers, advance.states, advance.delays_s, advance.child_of, advance.child_ids, advance.child_actions,
          advance.child_directives, advance.child_args, advance.child_priorities, advance.claim_limit > 0, advance.action_patterns)
      loop
        v_went_on := v_went_on or v_row.what = 'claimed';  -- there is nothing else to claim
        return next v_row;
      end loop;
    else
      return query select * from pgswarm.apply_acts(
        advance.worker_id, advance.swarm_ids, advance.node_ids, advance.epochs, advance.verbs, advance.reports, advance.errors,
        advance.handlers, advance.states, advance.delays_s, advance.child_of, advance.child_ids, advance.child_actions,
        advance.child_directives, advance.child_args, advance.child_priorities, advance.question_of, advance.question_ids,
        advance.questions);
    end if;
  end if;
  if cardinality(advance.done_claims) > 0 then
    delete from pgswarm.claim c where c.claim_id = any (advance.done_claims) and c.worker_id = advance.worker_id;
  end if;
  if not v_went_on and (advance.claim_limit > 0 or advance.fresh_limit > 0) then
    return query select * from pgswarm.claim_nodes(
      advance.worker_id, advance.claim_limit, advance.lane_limit, advance.fresh_limit, advance.action_patterns);
  end if;
end
$$;
