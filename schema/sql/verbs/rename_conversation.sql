-- Gives a conversation another title. False: it has this one already.
create or replace function pgswarm.rename_conversation(conversation_id uuid, title text) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_title text := pgswarm.checked_title(rename_conversation.title);
begin
  if v_title = '' then
    raise exception 'title is empty' using errcode = 'PS422', detail = 'title', hint = 'give a few words';
  end if;
  perform pgswarm.known_conversation(rename_conversation.conversation_id);
  update pgswarm.conversation c set title = v_title
   where c.conversation_id = rename_conversation.conversation_id and c.title <> v_title;
  return found;
end
$$;
