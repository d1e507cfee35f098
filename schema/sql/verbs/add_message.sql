-- Writes to a node, or with a null node_id to the whole swarm, without being asked. Wakes nobody: the next activation sees it.
-- `files`: uploads that come with it; nodes find them in the swarm's memory.
create or replace function pgswarm.add_message(swarm_id uuid, node_id uuid, content text, files uuid[] default '{}') returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_message pgswarm.message;
  v_at timestamptz;
  v_files jsonb;
  v_seq bigint;
begin
  perform pgswarm.require_swarm(add_message.swarm_id);
  if content is null or btrim(content, E' \t\r\n') = '' then
    raise exception 'content is empty' using errcode = 'PS422', detail = 'content', hint = 'write something';
  end if;
  if octet_length(content) > 1000000 then
    raise exception 'content is % bytes long, the limit is 1000000', octet_length(content)
      using errcode = 'PS422', detail = 'content', hint = 'shorten it or attach it as a file';
  end if;
  perform pgswarm.lock_swarms(array[add_message.swarm_id]);
  perform pgswarm.swarm_status(add_message.swarm_id);
  if add_message.node_id is not null then
    perform pgswarm.node_status(add_message.swarm_id, add_message.node_id);
  end if;
  v_at := pgswarm.next_event_at(add_message.swarm_id);
  perform pgswarm.keep_texts(array[content]);
  v_files := pgswarm.attach_uploads(add_message.swarm_id, add_message.files, v_at);
  insert into pgswarm.message as m (swarm_id, message_id, node_id, content, content_blob, files, author, at)
  values (add_message.swarm_id, pgswarm.new_id(), add_message.node_id, pgswarm.row_text(content), pgswarm.blob_of(content),
          v_files, pgswarm.current_actor(), v_at)
  returning m.* into v_message;
  update pgswarm.lane l set has_messages = true where l.swarm_id = add_message.swarm_id and not l.has_messages;
  v_seq := pgswarm.append_event(v_message.swarm_id, v_message.at, 'message.added', null, v_message.node_id,
    to_jsonb(v_message) || jsonb_build_object('content', pgswarm.event_text(content)));
  perform pgswarm.notify_since(v_message.swarm_id, v_seq);
  return v_message.message_id;
end
$$;
