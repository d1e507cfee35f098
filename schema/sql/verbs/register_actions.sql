-- Tells the database which actions there are, and shows them in the action space. Rows that are the same already are not written.
create or replace function pgswarm.register_actions(specs jsonb) returns integer
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_written integer;
begin
  if jsonb_path_exists(specs, '$[*] ? (@.action_id starts with "created/")') then
    raise exception 'an id that begins with created/ is that of an action which a swarm made'
      using errcode = 'PS422', detail = 'action_id', hint = 'choose another folder for the action';
  end if;
  insert into pgswarm.action as a (
    action_id, version, description, input_schema, timeout_s, max_attempts, routable, source, updated_at)
  select s.action_id, coalesce(s.version, 1), coalesce(s.description, ''), coalesce(s.input_schema, '{}'),
         coalesce(s.timeout_s, 600), coalesce(s.max_attempts, 5), coalesce(s.routable, true), coalesce(s.source, 'built_in'),
         pgswarm.clock()
    from jsonb_to_recordset(specs) s(action_id text, version integer, description text, input_schema jsonb, timeout_s integer,
                                     max_attempts integer, routable boolean, source text)
   order by 1
  on conflict (action_id) do update
     set version = excluded.version, description = excluded.description, input_schema = excluded.input_schema,
         timeout_s = excluded.timeout_s, max_attempts = excluded.max_attempts, routable = excluded.routable,
         source = excluded.source, updated_at = excluded.updated_at
   where excluded.version >= a.version
     and (a.version, a.description, a.input_schema, a.timeout_s, a.max_attempts, a.routable, a.source)
         is distinct from (excluded.version, excluded.description, excluded.input_schema, excluded.timeout_s,
                           excluded.max_attempts, excluded.routable, excluded.source);
  get diagnostics v_written = row_count;
  perform pgswarm.file_actions(specs);
  return v_written;
end
$$;
