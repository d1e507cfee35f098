-- Takes back a link: nobody answers by it any more. False: it was used or taken back already, or its swarm has ended, and with
-- that its question; nothing comes after the end.
create or replace function pgswarm.revoke_answer_link(link_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_link pgswarm.answer_link;
  v_at timestamptz;
  v_seq bigint;
begin
  select l.* into v_link
    from pgswarm.answer_link l
    join pgswarm.swarm s on s.swarm_id = l.swarm_id
   where l.link_id = revoke_answer_link.link_id and pgswarm.may_see(s.owner_id);
  if not found then
    raise exception 'link % is not known', coalesce(revoke_answer_link.link_id::text, 'null')
      using errcode = 'PS404', detail = 'link_id', hint = 'see the table pgswarm.answer_link for those that are';
  end if;
  perform pgswarm.lock_swarms(array[v_link.swarm_id]);
  if (select s.status from pgswarm.swarm s where s.swarm_id = v_link.swarm_id) = 'terminated' then
    return false;
  end if;
  v_at := pgswarm.next_event_at(v_link.swarm_id);
  update pgswarm.answer_link l set revoked_at = v_at
   where l.link_id = v_link.link_id and l.used_at is null and l.revoked_at is null
  returning l.* into v_link;
  if not found then
    return false;
  end if;
  v_seq := pgswarm.append_event(v_link.swarm_id, v_at, 'answer_link.revoked', null,
    (select q.node_id from pgswarm.question q where q.question_id = v_link.question_id), pgswarm.link_frame(v_link));
  perform pgswarm.notify_since(v_link.swarm_id, v_seq);
  return true;
end
$$;
