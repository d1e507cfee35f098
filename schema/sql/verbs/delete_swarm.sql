-- Deletes a terminated swarm with all that belongs to it: nodes, history, questions, messages, calls, memory. Texts that are
-- kept by their content stay, for others may share them. One that a living fork still reads from is kept.
create or replace function pgswarm.delete_swarm(swarm_id uuid) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(delete_swarm.swarm_id);
  perform pgswarm.lock_swarms(array[delete_swarm.swarm_id]);
  if pgswarm.swarm_status(delete_swarm.swarm_id) <> 'terminated' then
    raise exception 'swarm % has not terminated', delete_swarm.swarm_id
      using errcode = 'PS409', detail = 'swarm_id', hint = 'cancel it first: cancel_swarm';
  end if;
  if exists (select from pgswarm.swarm f where f.forked_from = delete_swarm.swarm_id and f.status <> 'terminated') then
    raise exception 'a fork of swarm % still uses its calls of models', delete_swarm.swarm_id
      using errcode = 'PS409', detail = 'swarm_id', hint = 'wait for the end of the fork or cancel it';
  end if;
  perform pgswarm.drop_passages(array(select e.entry_id from pgswarm.space_entry e where e.scope_id = delete_swarm.swarm_id));
  delete from pgswarm.space_entry e where e.scope_id = delete_swarm.swarm_id;
  delete from pgswarm.entry_version v where v.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.workspace_file f where f.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.workspace_change c where c.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.effect f where f.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.llm_memo m where m.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.partial_answer p where p.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.llm_call c where c.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.message m where m.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.answer_link l where l.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.question q where q.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.ready r where r.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.lane l where l.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.node n where n.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.event e where e.swarm_id = delete_swarm.swarm_id;
  delete from pgswarm.swarm s where s.swarm_id = delete_swarm.swarm_id;
end
$$;
