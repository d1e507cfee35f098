-- Begins a conversation, under an id of the caller's or a new one. The same id again from the same owner: nothing more happens.
-- Without a title it gets one from its first goal.
create or replace function pgswarm.begin_conversation(
  title text default '', conversation_id uuid default null, owner uuid default null
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_id uuid := coalesce(begin_conversation.conversation_id, pgswarm.new_id());
  v_owner uuid := pgswarm.owner_for(begin_conversation.owner);
begin
  insert into pgswarm.conversation (conversation_id, owner_id, title, created_at)
  values (v_id, v_owner, pgswarm.checked_title(begin_conversation.title), pgswarm.clock())
  on conflict do nothing;
  if not exists (select from pgswarm.conversation c
                  where c.conversation_id = v_id and c.owner_id is not distinct from v_owner) then
    perform pgswarm.unknown_conversation(v_id);
  end if;
  return v_id;
end
$$;
