-- Long text. A row holds up to 8 KB, an event up to 1 KB; above that the first 1,000 characters and an ellipsis, and
-- `<column>_blob` names the whole. The name is set from 1 KB on, in the row too, so that folded events equal the row.
create or replace function pgswarm.row_text(whole text) returns text
language sql immutable parallel safe as $$
  select case when octet_length(whole) > 8192 then left(whole, 1000) || '…' else whole end
$$;

create or replace function pgswarm.event_text(whole text) returns text
language sql immutable parallel safe as $$
  select case when octet_length(whole) > 1024 then left(whole, 1000) || '…' else whole end
$$;

-- Stable, as `convert_to` is: declared immutable it would not be put in place of its call.
create or replace function pgswarm.blob_of(whole text) returns text
language sql stable parallel safe as $$
  select case when octet_length(whole) > 1024 then encode(sha256(convert_to(whole, 'UTF8')), 'hex') end
$$;

-- The whole text that a blob holds; null where there is no such blob. A blob's name is the hash of what it holds: whoever
-- knows it has seen the text, or a row that names it; nobody can list them. Hence no other check.
create or replace function pgswarm.full_text(blob text) returns text
language sql stable parallel safe security definer set search_path = pgswarm, pg_temp as $$
  select convert_from(b.content, 'UTF8') from pgswarm.blob b where b.blob = full_text.blob
$$;

-- A row's text, whole.
create or replace function pgswarm.whole_text(kept text, blob text) returns text
language sql stable parallel safe as $$
  select case when blob is not null and right(kept, 1) = '…' then coalesce(pgswarm.full_text(blob), kept) else kept end
$$;

-- Keeps the texts that are long. In ascending order, after the swarms' locks: two verbs never wait for each other here.
create or replace function pgswarm.keep_texts(texts text[]) returns void
language sql volatile as $$
  insert into pgswarm.blob (blob, content, bytes)
  select distinct on (pgswarm.blob_of(t)) pgswarm.blob_of(t), convert_to(t, 'UTF8'), octet_length(t)
    from unnest(texts) t
   where octet_length(t) > 1024
   order by 1
  on conflict do nothing
$$;

-- Keeps those of a batch's texts that are long; most batches have none.
create or replace function pgswarm.keep_long(reports text[], directives text[], questions jsonb[]) returns void
language plpgsql volatile as $$
declare
  v_texts text[];
begin
  select array_agg(t) into v_texts
    from (select unnest(reports) as t union all select unnest(directives)
          union all select q ->> 'prompt' from unnest(questions) q) all_texts
   where octet_length(t) > 1024;
  if v_texts is not null then
    perform pgswarm.keep_texts(v_texts);
  end if;
end
$$;

-- A text as a row holds it, from one that an event may have cut.
create or replace function pgswarm.text_of_row(kept text, blob text) returns text
language sql stable parallel safe as $$
  select case when blob is null then kept else coalesce(pgswarm.row_text(pgswarm.full_text(blob)), kept) end
$$;
