-- After a renewal that came to nothing: the next one may begin at once.
create or replace function pgswarm.end_renewal(connection text, renewal uuid) returns void
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  update pgswarm.sign_in s set renewal = null, renewal_until = null
   where s.connection = end_renewal.connection and s.renewal = end_renewal.renewal;
  delete from pgswarm.sign_in s
   where s.connection = end_renewal.connection and s.version is null and s.renewal is null;
end
$$;
