-- After a lost connection: releases what this worker holds under claims that it does not know, because their commit was never
-- acknowledged.
create or replace function pgswarm.reconcile(worker_id uuid, claim_ids bigint[]) returns setof pgswarm.advanced
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_unknown bigint[];
begin
  select array_agg(c.claim_id) into v_unknown
    from pgswarm.claim c where c.worker_id = reconcile.worker_id and c.claim_id <> all (reconcile.claim_ids);
  if v_unknown is not null then
    return query select * from pgswarm.move_held(
      reconcile.worker_id, v_unknown, 'release', pgswarm.lock_held(reconcile.worker_id, v_unknown));
  end if;
end
$$;
