-- The question behind a link, for whoever holds its token; no row where the token is not known. An answer is shown only if
-- it was given by this very link.
create or replace function pgswarm.read_answer_link(token_hash bytea)
returns table (link_id uuid, status text, prompt text, schema jsonb, choices jsonb, default_answer jsonb, asked_at timestamptz,
               expires_at timestamptz, answer jsonb, answered_at timestamptz)
language sql volatile security definer set search_path = pgswarm, pg_temp as $$
  select l.link_id, l.status, pgswarm.whole_text(q.prompt, q.prompt_blob), q.schema, q.choices, q.default_answer,
         q.asked_at, least(l.expires_at, q.expires_at),
         case when l.used_at is not null then q.answer end, case when l.used_at is not null then q.answered_at end
    from pgswarm.answer_link k
    join pgswarm.answer_links l on l.link_id = k.link_id
    join pgswarm.question q on q.question_id = k.question_id
   where k.token_hash = read_answer_link.token_hash
$$;
