-- Ids in a fork: each is made of the fork's and the original's, so that every reference is found without a table of pairs. They
-- keep the time that they begin with (RFC 9562, version 7), the rest is a hash.
create or replace function pgswarm.fork_id(fork uuid, id uuid) returns uuid
language sql immutable parallel safe as $$
  select overlay(overlay(md5(fork::text || id::text) placing left(replace(id::text, '-', ''), 13) from 1) placing '8' from 17)::uuid
$$;

-- A document that a handler keeps or was given, with the ids of the fork in the place of those of the original's nodes, entries
-- and questions.
create or replace function pgswarm.with_fork_ids(doc jsonb, original uuid, fork uuid) returns jsonb
language plpgsql stable as $$
declare
  v_text text := doc::text;
  v_id uuid;
begin
  for v_id in
    select distinct m[1]::uuid
      from regexp_matches(v_text, '"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"', 'g') m
  loop
    if exists (select from pgswarm.node n where n.swarm_id = original and n.node_id = v_id)
       or exists (select from pgswarm.space_entry e where e.entry_id = v_id and e.swarm_id = original)
       or exists (select from pgswarm.entry_version v where v.entry_id = v_id and v.swarm_id = original)
       or exists (select from pgswarm.question q where q.question_id = v_id and q.swarm_id = original) then
      v_text := replace(v_text, v_id::text, pgswarm.fork_id(fork, v_id)::text);
    end if;
  end loop;
  return v_text::jsonb;
end
$$;
