-- Files an action that a node wrote in the action space of its swarm, as `created/<name>`: routable there at once. A new version
-- of one that is there only where `improves` says which version it is made from. `question_id`: by the answer to which a person
-- approved it; else `fields.approval` says which policy did. The same again from the same node changes nothing. Returns the version.
create or replace function pgswarm.create_action(
  swarm_id uuid, node_id uuid, name text, description text, code text, fields jsonb, question_id uuid default null,
  improves integer default null
) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_sight pgswarm.sight := pgswarm.sight_of(create_action.swarm_id);
  v_id text := 'created/' || create_action.name;
  v_known record;
  v pgswarm.space_entry;
  v_at timestamptz;
  v_approval jsonb := create_action.fields -> 'approval';
begin
  if coalesce(create_action.name, '') !~ '^[a-z][a-z0-9_]{0,59}$' then
    raise exception 'name % cannot be that of an action', coalesce(quote_literal(left(create_action.name, 60)), 'null')
      using errcode = 'PS422', detail = 'name', hint = 'from 1 to 60 small letters, digits and _, a letter first';
  end if;
  if coalesce(create_action.code, '') = '' or coalesce(create_action.fields ->> 'hash', '') !~ '^[0-9a-f]{64}$' then
    raise exception 'code or fields.hash is missing'
      using errcode = 'PS422', detail = 'code', hint = 'give the source, and the SHA-256 of what is approved';
  end if;
  v_at := pgswarm.begin_change(v_sight);
  perform pgswarm.node_status(create_action.swarm_id, create_action.node_id);
  if create_action.question_id is not null then
    select jsonb_build_object('by', q.answered_by, 'at', q.answered_at, 'question_id', q.question_id) into v_approval
      from pgswarm.question q
     where q.swarm_id = create_action.swarm_id and q.question_id = create_action.question_id
       and q.node_id = create_action.node_id and q.answered_at is not null;
  end if;
  if v_approval is null or v_approval = 'null' then
    raise exception 'nobody has approved the action %', v_id
      using errcode = 'PS422', detail = 'question_id', hint = 'name the answered question of this node, or the policy in fields.approval';
  end if;
  if pgswarm.is_revoked(create_action.fields ->> 'hash', v_sight.owner_id) then
    raise exception 'action % is the same as one that was revoked', v_id
      using errcode = 'PS409', detail = 'code', hint = 'write it otherwise';
  end if;
  select c.version, c.entry_id into v_known
    from pgswarm.created_actions(create_action.swarm_id, v_id) c
   where c.hash = create_action.fields ->> 'hash' and c.author_node_id = create_action.node_id
     and c.version > coalesce(create_action.improves, 0)
   order by c.version limit 1;
  if found then  -- sent before, also where somebody has made a better one since
    return v_known.version;
  end if;
  select c.version, c.entry_id into v_known
    from pgswarm.created_actions(create_action.swarm_id, v_id) c where c.newest;
  if v_known.version is distinct from create_action.improves then
    raise exception 'action % is in version %, not %', v_id, coalesce(v_known.version::text, '(none)'), coalesce(create_action.improves::text, '(new)')
      using errcode = 'PS409', detail = 'improves', hint = 'choose another name, or make it from the version that is there now';
  end if;
  v := pgswarm.file_created(v_sight, v_id, create_action.node_id, create_action.description, convert_to(create_action.code, 'UTF8'),
    create_action.fields || jsonb_build_object(
      'author_node', create_action.node_id, 'approval', v_approval || jsonb_build_object('hash', create_action.fields ->> 'hash')), v_at);
  return (v.fields ->> 'version')::integer;
end
$$;
