-- Joins a new swarm to a conversation, and begins the conversation where there is none of that id: its owner may choose the id
-- before anything is started, and subscribe to it. The row stays locked until the commit, so that no swarm joins after the end.
create or replace function pgswarm.join_conversation(conversation_id uuid, owner_id uuid, goal text, at timestamptz) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_conversation pgswarm.conversation;
begin
  insert into pgswarm.conversation (conversation_id, owner_id, title, created_at)
  values (join_conversation.conversation_id, join_conversation.owner_id, pgswarm.title_of(goal), join_conversation.at)
  on conflict do nothing;
  select c.* into v_conversation from pgswarm.conversation c
   where c.conversation_id = join_conversation.conversation_id and c.owner_id is not distinct from join_conversation.owner_id
     for share;
  if not found then
    perform pgswarm.unknown_conversation(join_conversation.conversation_id);
  end if;
  if v_conversation.ended_at is not null then
    raise exception 'conversation % has ended', v_conversation.conversation_id
      using errcode = 'PS409', detail = 'conversation_id', hint = 'begin a new one: leave the id out, or give a new one';
  end if;
  if v_conversation.title = '' then
    update pgswarm.conversation c set title = pgswarm.title_of(goal) where c.conversation_id = v_conversation.conversation_id;
  end if;
end
$$;

-- The beginning of a goal's first line, up to 60 characters, cut between words.
create or replace function pgswarm.title_of(goal text) returns text
language sql immutable parallel safe as $$
  select case when length(line) <= 60 then line else coalesce(substring(left(line, 60) from '^(.{20,})\s'), left(line, 59)) || '…' end
    from (select btrim(split_part(btrim(goal, E' \t\r\n'), E'\n', 1), E' \t\r') as line) l
$$;

create or replace function pgswarm.unknown_conversation(conversation_id uuid) returns void
language plpgsql stable as $$
begin
  raise exception 'conversation % is not known', coalesce(unknown_conversation.conversation_id::text, 'null')
    using errcode = 'PS404', detail = 'conversation_id', hint = 'see the view pgswarm.conversation_overview for those that are';
end
$$;

-- What a person gives as a title, without blanks around it.
create or replace function pgswarm.checked_title(title text) returns text
language plpgsql immutable as $$
begin
  if length(btrim(title)) > 200 or title ~ '[[:cntrl:]]' then
    raise exception 'title cannot be that of a conversation'
      using errcode = 'PS422', detail = 'title', hint = 'at most 200 characters, in one line';
  end if;
  return coalesce(btrim(title), '');
end
$$;

-- PS404 where a conversation is not known, or is another's.
create or replace function pgswarm.known_conversation(conversation_id uuid) returns void
language plpgsql stable as $$
#variable_conflict use_column
begin
  if not exists (select from pgswarm.conversation c where c.conversation_id = known_conversation.conversation_id and pgswarm.may_see(c.owner_id)) then
    perform pgswarm.unknown_conversation(known_conversation.conversation_id);
  end if;
end
$$;
