-- Keeps the tokens of a connection to the outside, sealed: the database has no key to them, and no event tells of them. With
-- `renewal`, what that renewal brought: false where somebody has signed in, or begun another, meanwhile, and theirs counts. Sent
-- again it is true again. Without, what a person's sign-in brought: it counts at once.
create or replace function pgswarm.keep_sign_in(connection text, sealed bytea, version uuid, renewal uuid default null)
returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  if octet_length(keep_sign_in.sealed) > 100000 then
    raise exception 'sealed has % bytes, the limit is 100000', octet_length(keep_sign_in.sealed)
      using errcode = 'PS422', detail = 'sealed', hint = 'the server gives tokens that are too long';
  end if;
  if keep_sign_in.renewal is null then
    insert into pgswarm.sign_in as s (connection, sealed, version, changed_at)
    values (keep_sign_in.connection, keep_sign_in.sealed, keep_sign_in.version, pgswarm.clock())
    on conflict (connection) do update
       set sealed = excluded.sealed, version = excluded.version, renewal = null, renewal_until = null,
           changed_at = excluded.changed_at;
    return true;
  end if;
  update pgswarm.sign_in s
     set sealed = keep_sign_in.sealed, version = keep_sign_in.version, renewal = null, renewal_until = null,
         changed_at = pgswarm.clock()
   where s.connection = keep_sign_in.connection and s.renewal = keep_sign_in.renewal;
  return found or exists (
    select from pgswarm.sign_in s
     where s.connection = keep_sign_in.connection and s.version = keep_sign_in.version);
end
$$;
