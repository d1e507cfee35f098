-- Files a text or a file under a path in the memory of a swarm, cut into passages that can be searched. The same content
-- again changes nothing; other content is a new version of the entry. A null node_id: a person attached it.
create or replace function pgswarm.save_entry(
  swarm_id uuid, node_id uuid, name text, kind text, description text, folder text, content bytea
) returns uuid
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(save_entry.swarm_id);
  if name is null or btrim(name) = '' or length(name) > 255 or name ~ '[/[:cntrl:]]' then
    raise exception 'name % cannot be that of an entry', coalesce(quote_literal(left(name, 40)), 'null')
      using errcode = 'PS422', detail = 'name', hint = 'from 1 to 255 characters, no slash, no control character';
  end if;
  if octet_length(content) > 100000000 then
    raise exception 'content of % is % bytes, the limit is 100000000', name, octet_length(content)
      using errcode = 'PS422', detail = 'content', hint = 'cut it into parts';
  end if;
  if content is null or kind is null then
    raise exception '% of % is missing', case when content is null then 'content' else 'kind' end, name
      using errcode = 'PS422', detail = case when content is null then 'content' else 'kind' end, hint = 'give it';
  end if;
  perform pgswarm.lock_swarms(array[save_entry.swarm_id]);
  if pgswarm.swarm_status(save_entry.swarm_id) = 'terminated' then
    raise exception 'swarm % has terminated: its memory is closed', save_entry.swarm_id
      using errcode = 'PS409', detail = 'swarm_id', hint = 'attach it to a new swarm';
  end if;
  return (pgswarm.file_entry(
    save_entry.swarm_id, save_entry.node_id, name, kind, description, folder, content,
    pgswarm.next_event_at(save_entry.swarm_id))).entry_id;
end
$$;
