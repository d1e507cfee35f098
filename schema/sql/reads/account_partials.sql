-- What models are saying just now in all swarms of some accounts: rows as `partial_frames` gives them, with whose they are, and the
-- newest stored event; those that came after a time. Of very many the newest. Parts of a call come in order.
create or replace function pgswarm.account_partials(account_ids uuid[], since timestamptz[])
returns table (account_id uuid, conversation_id uuid, swarm_id uuid, node_id uuid, activation integer, call_no integer, round integer,
               from_char integer, part text, at timestamptz, seq bigint)
language plpgsql stable security definer
set search_path = pgswarm, pg_temp set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  return query
  select n.account_id, n.conversation_id, n.swarm_id, n.node_id, n.activation, n.call_no, n.round, n.from_char, n.part, n.at,
         (select e.seq from pgswarm.event e where e.swarm_id = n.swarm_id order by e.seq desc limit 1)
    from (select a.account_id, s.conversation_id, p.*
            from unnest(account_partials.account_ids, account_partials.since) a(account_id, since)
            join pgswarm.partial_answer p on p.at > a.since
            join pgswarm.swarm s on s.swarm_id = p.swarm_id and s.owner_id = a.account_id
           where a.account_id = any (array(
             select k.account_id from pgswarm.account k
              where k.account_id = any (account_partials.account_ids) and not k.disabled))
           order by p.at desc, p.round desc, p.from_char desc
           limit 5000) n
   order by n.at, n.node_id, n.activation, n.call_no, n.round, n.from_char;
end
$$;
