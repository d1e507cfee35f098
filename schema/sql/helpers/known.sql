-- The status of a swarm or a node; PS404 where it is not known, or is another's.
create or replace function pgswarm.swarm_status(swarm_id uuid) returns text
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_status text;
begin
  perform pgswarm.require_swarm(swarm_status.swarm_id);
  select s.status into v_status from pgswarm.swarm s where s.swarm_id = swarm_status.swarm_id;
  return v_status;
end
$$;

create or replace function pgswarm.node_status(swarm_id uuid, node_id uuid) returns text
language plpgsql stable as $$
#variable_conflict use_column
declare
  v_status text;
begin
  select n.status into v_status from pgswarm.node n
   where n.swarm_id = node_status.swarm_id and n.node_id = node_status.node_id;
  if not found then
    raise exception 'node % is not known in swarm %', coalesce(node_status.node_id::text, 'null'), node_status.swarm_id
      using errcode = 'PS404', detail = 'node_id', hint = 'see the view pgswarm.node_tree for those that are';
  end if;
  return v_status;
end
$$;
