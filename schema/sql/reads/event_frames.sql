-- Pages of events as subscribers get them: of each swarm those after a seq, in order, up to `max_events` and about
-- `max_bytes`, at least one; nothing of a swarm that the account beside it may not read. An event of a node's change holds
-- every column that can change; those that cannot come from the row, so that each frame is a whole one. One read serves
-- many swarms and any number of subscribers. The plan is pinned: whatever the statistics say, a page is a walk along one key.
create or replace function pgswarm.event_frames(
  account_ids uuid[], swarm_ids uuid[], after_seqs bigint[], max_events integer default 256, max_bytes integer default 1000000
) returns table (swarm_id uuid, seq bigint, kind text, node_id uuid, parent_id uuid, frame text)
language plpgsql stable security definer set search_path = pgswarm, pg_temp set timezone = 'UTC' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
begin
  return query
  select page.swarm_id, page.seq, page.kind, page.node_id, page.parent_id, page.frame
    from unnest(event_frames.account_ids, event_frames.swarm_ids, event_frames.after_seqs)
           with ordinality as asked (account_id, swarm_id, after_seq, number)
   cross join lateral pgswarm.may_read(array[asked.account_id], array[asked.swarm_id]) allowed
   cross join lateral (
     select f.*, sum(octet_length(f.frame)) over (order by f.seq) - octet_length(f.frame) as bytes_before
       from (
         select e.swarm_id, e.seq, e.kind, e.node_id,
                case when e.kind = 'node.created' then (e.data ->> 'parent_id')::uuid end as parent_id,
                pgswarm.frame_text(e.swarm_id, e.seq, e.kind, e.at, e.node_id, coalesce(n.whole, '{}') || e.data) as frame
           from pgswarm.event e
           left join lateral (
             select pgswarm.created_frame(k) as whole
               from pgswarm.node k
              where k.swarm_id = e.swarm_id and k.node_id = e.node_id
                and e.kind like 'node.%' and e.kind <> 'node.created'
             offset 0) n on true
          where e.swarm_id = allowed.swarm_id and e.seq > asked.after_seq
          order by e.seq
          limit event_frames.max_events) f) page
   where page.bytes_before < event_frames.max_bytes
   order by asked.number, page.seq;
end
$$;

-- The seq of a swarm's newest event, and from which seq on its history is kept.
create or replace function pgswarm.event_ends(swarm_id uuid) returns table (last_seq bigint, history_from_seq bigint)
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.swarm_status(event_ends.swarm_id);
  return query
  select coalesce((select e.seq from pgswarm.event e where e.swarm_id = event_ends.swarm_id order by e.seq desc limit 1), 0),
         s.history_from_seq
    from pgswarm.swarm s
   where s.swarm_id = event_ends.swarm_id;
end
$$;

-- The nodes of a subtree, its top included: PS404 where there is no such node.
create or replace function pgswarm.subtree_nodes(swarm_id uuid, node_id uuid) returns setof uuid
language plpgsql stable security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
begin
  perform pgswarm.swarm_status(subtree_nodes.swarm_id);
  perform pgswarm.node_status(subtree_nodes.swarm_id, subtree_nodes.node_id);
  return query
  with recursive below as (
    select subtree_nodes.node_id as node_id
    union all
    select k.node_id from below b
     cross join lateral (select c.node_id from pgswarm.node c where c.parent_id = b.node_id offset 0) k
  )
  select b.node_id from below b;
end
$$;
