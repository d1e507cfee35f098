-- Some bytes of a file that lies, or lay, at a path of a swarm's workspace, from `first_byte` (1 is the first): for who hands out
-- large files piece by piece. Null where that content never lay there.
create or replace function pgswarm.read_file_part(swarm_id uuid, path text, blob text, first_byte integer, bytes integer) returns bytea
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.require_swarm(read_file_part.swarm_id);
  return (
    select substring(b.content from read_file_part.first_byte for read_file_part.bytes)
      from pgswarm.blob b
     where b.blob = read_file_part.blob and exists (
           select from pgswarm.workspace_file f
            where f.swarm_id = read_file_part.swarm_id and f.path = read_file_part.path and f.blob = b.blob));
end
$$;
