-- Ends a conversation: no swarm joins it any more; those that run go on, and their questions can be answered. False: it had
-- ended already.
create or replace function pgswarm.end_conversation(conversation_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.known_conversation(end_conversation.conversation_id);
  update pgswarm.conversation c set ended_at = pgswarm.clock(), ended_by = pgswarm.current_actor()
   where c.conversation_id = end_conversation.conversation_id and c.ended_at is null;
  return found;
end
$$;
