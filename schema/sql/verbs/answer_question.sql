-- Answers a question; the last one that its node needs wakes it. `accepted`, `already_answered`, or `closed` (it expired, or
-- its node ended). The first commit wins. `files`: uploads that come with the answer; nodes find them in the swarm's memory.
create or replace function pgswarm.answer_question(question_id uuid, answer jsonb, files uuid[] default '{}') returns text
language plpgsql volatile security definer set search_path = pgswarm, pg_temp as $$
#variable_conflict use_column
declare
  v_swarm uuid;
begin
  v_swarm := pgswarm.require_question(answer_question.question_id);
  perform pgswarm.lock_swarms(array[v_swarm]);
  return pgswarm.take_answer(answer_question.question_id, answer, files, pgswarm.current_actor());
end
$$;
