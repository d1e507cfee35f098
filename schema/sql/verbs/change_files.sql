-- Changes the files of a swarm's workspace, all or none, and records what the change came to. The verdicts:
--   changed   it is done
--   recorded  it was done before, by an earlier attempt at the same activation: `recorded` is what it came to
--   conflict  a path is not as the caller saw it (`conflicts`): nothing was changed
--   fenced    the node is not the caller's any more
-- `changes` is an array of {path, kind: file|folder|removed, content: index into `contents` from 1, executable, from, was}.
-- `from` is the path of a file whose content and rights are taken, in the place of `content` and `executable`. `was` is what the caller saw there: the blob of a file, 'folder', or null for nothing; left out: whatever is there. Folders above are made;
-- what lies below a removed folder goes with it.
create or replace function pgswarm.change_files(
  swarm_id uuid, node_id uuid, epoch integer, activation integer, change_no integer, request_hash text,
  changes jsonb, contents bytea[], result jsonb,
  out verdict text, out recorded jsonb, out conflicts text[]
)
language plpgsql volatile security definer set search_path = pgswarm, pg_temp set jit = off as $$
#variable_conflict use_column
declare
  v_at timestamptz;
  v_seq bigint;
  v_bad text;
  v_size bigint;
  v_count bigint;
begin
  perform pgswarm.lock_swarms(array[change_files.swarm_id]);
  perform from pgswarm.node n
    where n.swarm_id = change_files.swarm_id and n.node_id = change_files.node_id and n.status = 'running'
      and n.lease_epoch = change_files.epoch;
  if not found then
    verdict := 'fenced';
    return;
  end if;
  select c.result into recorded from pgswarm.workspace_change c
   where c.swarm_id = change_files.swarm_id and c.node_id = change_files.node_id
     and c.activation = change_files.activation and c.change_no = change_files.change_no
     and c.request_hash = change_files.request_hash;
  if found then
    verdict := 'recorded';
    return;
  end if;
  select array_agg(c.value ->> 'path' order by c.value ->> 'path') into conflicts
    from jsonb_array_elements(changes) c
    left join pgswarm.workspace w on w.swarm_id = change_files.swarm_id and w.path = c.value ->> 'path'
   where c.value ? 'was' and (c.value ->> 'was') is distinct from case w.kind when 'folder' then 'folder' else w.blob end;
  if conflicts is not null then
    verdict := 'conflict';
    return;
  end if;
  select c.value ->> 'path' into v_bad from jsonb_array_elements(changes) c
   where coalesce(c.value ->> 'path', '') !~ '^[^/[:cntrl:]\\]+(/[^/[:cntrl:]\\]+)*$' or c.value ->> 'path' ~ '(^|/)\.\.?(/|$)'
      or octet_length(c.value ->> 'path') > 500
      or coalesce(c.value ->> 'kind', '') not in ('file', 'folder', 'removed')
      or (c.value ->> 'kind' = 'file' and contents[(c.value ->> 'content')::integer] is null and not exists (
            select from pgswarm.workspace w
             where w.swarm_id = change_files.swarm_id and w.path = c.value ->> 'from' and w.kind = 'file'))
   limit 1;
  if found then
    raise exception '% cannot be a path of the workspace, or its change is not whole', coalesce(quote_literal(left(v_bad, 100)), 'null')
      using errcode = 'PS422', detail = 'changes', hint = 'give plain names between slashes, a kind, and a content for a file';
  end if;
  if jsonb_array_length(changes) > 0 then
    v_at := pgswarm.next_event_at(change_files.swarm_id);
    insert into pgswarm.blob (blob, content, bytes)
    select distinct on (1) encode(sha256(k.content), 'hex'), k.content, octet_length(k.content)
      from unnest(contents) k(content) where k.content is not null
    on conflict do nothing;
    v_seq := pgswarm.append_event(change_files.swarm_id, v_at, 'files.changed', null, change_files.node_id, (
      select jsonb_build_object('changed', count(*), 'files', coalesce(jsonb_agg(
               jsonb_build_object('path', c.value ->> 'path', 'kind', c.value ->> 'kind')) filter (where c.no <= 100), '[]'))
        from jsonb_array_elements(changes) with ordinality c(value, no)));
    insert into pgswarm.workspace_file as f (swarm_id, path, seq, kind, blob, size, executable, node_id, at)
    select change_files.swarm_id, p.path, v_seq, p.kind, coalesce(encode(sha256(p.content), 'hex'), o.blob),
           coalesce(octet_length(p.content), o.size, 0), coalesce(o.executable, p.executable), change_files.node_id, v_at
      from (select distinct on (a.path) a.path, a.kind, a.content, a.executable, a.taken_from
              from (select c.value ->> 'path' as path, c.value ->> 'kind' as kind, 1 as weight,
                           case when c.value ->> 'kind' = 'file' then contents[(c.value ->> 'content')::integer] end as content,
                           coalesce((c.value ->> 'executable')::boolean, false) as executable,
                           case when c.value ->> 'kind' = 'file' then c.value ->> 'from' end as taken_from
                      from jsonb_array_elements(changes) c
                    union all  -- what lies below a folder that goes
                    select w.path, 'removed', 2, null, false, null
                      from jsonb_array_elements(changes) c
                      join pgswarm.workspace w on w.swarm_id = change_files.swarm_id
                                              and starts_with(w.path, (c.value ->> 'path') || '/')
                     where c.value ->> 'kind' = 'removed'
                    union all  -- the folders above what comes
                    select left(c.value ->> 'path', i.position - 1), 'folder', 3, null, false, null
                      from jsonb_array_elements(changes) c
                     cross join lateral (
                       select position from generate_series(1, length(c.value ->> 'path')) position
                        where substr(c.value ->> 'path', position, 1) = '/') i
                     where c.value ->> 'kind' <> 'removed'
                       and not exists (select from pgswarm.workspace w where w.swarm_id = change_files.swarm_id
                                          and w.path = left(c.value ->> 'path', i.position - 1))
                   ) a
             order by a.path, a.weight) p
      left join pgswarm.workspace o on o.swarm_id = change_files.swarm_id and o.path = p.taken_from;
    select w.path into v_bad
      from pgswarm.workspace w
      left join pgswarm.workspace above on above.swarm_id = w.swarm_id and above.path = substring(w.path from '^(.*)/[^/]*$')
     where w.swarm_id = change_files.swarm_id and w.path like '%/%' and above.kind is distinct from 'folder'
     limit 1;
    if found then
      raise exception 'there is no folder for %', quote_literal(left(v_bad, 100))
        using errcode = 'PS409', detail = 'changes', hint = 'a file lies above it: move or delete that first';
    end if;
    select coalesce(sum(w.size), 0), count(*) into v_size, v_count from pgswarm.workspace w where w.swarm_id = change_files.swarm_id;
    if v_size > 256000000 or v_count > 10000 then
      raise exception 'the workspace would hold % bytes in % files, the limits are 256000000 and 10000', v_size, v_count
        using errcode = 'PS422', detail = 'changes', hint = 'delete what is not needed any more';
    end if;
    perform pgswarm.notify_since(change_files.swarm_id, v_seq);
  end if;
  insert into pgswarm.workspace_change (swarm_id, node_id, activation, change_no, request_hash, result, finished_at)
  values (change_files.swarm_id, change_files.node_id, change_files.activation, change_files.change_no,
          change_files.request_hash, change_files.result, pgswarm.clock());
  verdict := 'changed';
end
$$;
