-- Gives a node that does not run another directive; its next activation works on it. False: it has this one already.
create or replace function pgswarm.change_directive(swarm_id uuid, node_id uuid, directive text) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_node pgswarm.node;
  v_at timestamptz;
  v_seq bigint;
begin
  perform pgswarm.require_swarm(change_directive.swarm_id);
  if directive is null or btrim(directive, E' \t\r\n') = '' then
    raise exception 'directive is empty' using errcode = 'PS422', detail = 'directive', hint = 'say what the node is to do';
  end if;
  if octet_length(directive) > 100000 then
    raise exception 'directive is % bytes long, the limit is 100000', octet_length(directive)
      using errcode = 'PS422', detail = 'directive', hint = 'say it in short and attach the text as a file';
  end if;
  perform pgswarm.lock_swarms(array[change_directive.swarm_id]);
  perform pgswarm.swarm_status(change_directive.swarm_id);
  perform pgswarm.node_status(change_directive.swarm_id, change_directive.node_id);
  select n.* into v_node from pgswarm.node n
   where n.swarm_id = change_directive.swarm_id and n.node_id = change_directive.node_id;
  if v_node.status not in ('pending', 'waiting_user', 'awaiting_children') then
    raise exception 'node % is %, only the directive of one that waits can be changed', v_node.node_id, v_node.status
      using errcode = 'PS409', detail = 'node_id',
            hint = case v_node.status when 'running' then 'write it a message: its next activation reads it'
                                      else 'retry the node, or start a new swarm' end;
  end if;
  if pgswarm.whole_text(v_node.directive, v_node.directive_blob) = directive then
    return false;
  end if;
  perform pgswarm.keep_texts(array[directive]);
  v_at := pgswarm.next_event_at(v_node.swarm_id);
  update pgswarm.node n
     set directive = pgswarm.row_text(change_directive.directive), directive_blob = pgswarm.blob_of(change_directive.directive),
         directive_changed_at = v_at, updated_at = v_at
   where n.swarm_id = v_node.swarm_id and n.node_id = v_node.node_id
  returning n.* into v_node;
  v_seq := pgswarm.append_event(v_node.swarm_id, v_at, 'node.' || v_node.status, 'change_directive', v_node.node_id,
    pgswarm.changed_frame(v_node));
  perform pgswarm.notify_since(v_node.swarm_id, v_seq);
  return true;
end
$$;
