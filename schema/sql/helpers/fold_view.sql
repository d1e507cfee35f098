-- A node as a fold of its events can know it: without the columns that change silently, its texts as an event holds them.
create or replace function pgswarm.fold_view(n pgswarm.node) returns jsonb
language sql stable as $$
  select (to_jsonb(n) - array['updated_at', 'lease_expires_at']
          - case when n.status = 'awaiting_children' then array['open_children'] else array[]::text[] end)
    || jsonb_build_object('report', pgswarm.event_text(n.report), 'directive', pgswarm.event_text(n.directive))
$$;
