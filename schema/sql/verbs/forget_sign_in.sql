-- Forgets the tokens of a connection to the outside. False: there were none. Who gave them still takes them until it is told.
create or replace function pgswarm.forget_sign_in(connection text) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  delete from pgswarm.sign_in s where s.connection = forget_sign_in.connection;
  return found;
end
$$;
