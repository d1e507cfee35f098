-- What of a value does not fit a schema, as far as SQL checks schemas; null where all does.
create or replace function pgswarm.flaw_of(schema jsonb, value jsonb) returns text
language plpgsql stable as $$
declare
  v_flaw text;
begin
  perform pgswarm.check_value('fields', schema, value);
  return null;
exception when sqlstate 'PS422' then
  get stacked diagnostics v_flaw = message_text;
  return v_flaw;
end
$$;

-- Whether the way up from an entry comes back to it.
create or replace function pgswarm.lies_below_itself(entry_id uuid) returns boolean
language sql stable as $$
  select exists (select from pgswarm.entry_line(lies_below_itself.entry_id) l where l.parent_id = lies_below_itself.entry_id)
$$;
