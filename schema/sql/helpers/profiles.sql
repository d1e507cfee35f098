-- Refuses what is no profile of a person.
create or replace function pgswarm.check_profile(profile jsonb) returns void
language plpgsql immutable as $$
begin
  perform pgswarm.check_value('profile', '{"type": "object", "additionalProperties": false, "properties": {
    "expertise": {"type": "string"}, "notes": {"type": "string"},
    "involvement": {"type": "string", "enum": ["never", "important", "always"]}}}', check_profile.profile);
  if octet_length(check_profile.profile::text) > 20000 then
    raise exception 'profile has % bytes, the limit is 20000', octet_length(check_profile.profile::text)
      using errcode = 'PS422', detail = 'profile', hint = 'shorten it';
  end if;
end
$$;

create or replace function pgswarm.write_profile(owner uuid, profile jsonb, swarm_id uuid) returns void
language plpgsql volatile as $$
#variable_conflict use_column
begin
  perform pgswarm.check_profile(write_profile.profile);
  insert into pgswarm.profile as p (owner_id, profile, swarm_id, updated_at)
  values (write_profile.owner, write_profile.profile, write_profile.swarm_id, pgswarm.clock())
  on conflict (owner_id) do update
     set profile = excluded.profile, swarm_id = excluded.swarm_id, updated_at = excluded.updated_at;
end
$$;
