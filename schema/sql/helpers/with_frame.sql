-- A node as its newest event says it: its row with the frame over it. Texts that do not change are the row's, for an event may
-- have cut them; a report is final.
create or replace function pgswarm.with_frame(n pgswarm.node, frame jsonb) returns setof pgswarm.node
language sql stable as $$
  select r.*
    from jsonb_populate_record(n, frame - case
      when frame ->> 'report_blob' is null then array['directive'] else array['directive', 'report'] end) r
$$;

-- A node as all of its events together say it, its texts as a row holds them.
create or replace function pgswarm.with_frames(folded jsonb) returns setof pgswarm.node
language sql stable as $$
  select r.*
    from jsonb_populate_record(null::pgswarm.node, folded || jsonb_build_object(
      'directive', pgswarm.text_of_row(folded ->> 'directive', folded ->> 'directive_blob'),
      'report', pgswarm.text_of_row(folded ->> 'report', folded ->> 'report_blob'))) r
$$;
