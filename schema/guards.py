"""What the database refuses, generated from `states.MOVES`: illegal moves, and every write that is not a verb's.

Two guards. A row trigger whose condition is pure (no query, no function of ours) refuses a pair of statuses that no
verb makes. A statement trigger refuses whoever is not the owner of the tables, and verbs alone run as the owner; it
names the verb to call. Where the owner is the only role there is, it goes by the search path, which verbs set for
themselves: that stops a slip of the hand, not a will.
"""

import hashlib
from typing import Final

from pgswarm.schema.roles import OWNER
from pgswarm.schema.states import MOVES, Status, legal_pairs

VERB_PATH: Final = "pgswarm, pg_temp"

_VERB_HINTS: Final = {
    "node": "start_swarm, cancel_node, retry_node, answer_question, pause_swarm, resume_swarm or cancel_swarm",
    "event": "any verb: each appends its own events",
    "question": "answer_question",
}


def guard_sql(*, single_role: bool = False) -> str:
    """Return the SQL that makes the guards; it may be run again at any time."""
    outside = f"current_setting('search_path') <> '{VERB_PATH}'" if single_role else f"current_user <> '{OWNER}'"
    writes = [_direct_write(table, outside) for table in _VERB_HINTS]
    return "\n".join([_legal_moves(), _illegal_move(), _illegal_birth(), *writes, _PARTITIONS])


def _trigger(name: str, table: str, when: str) -> str:
    """Make a trigger, only where it is not there as it is here: to make one locks its table against all writers."""
    statement = f"create or replace trigger {name} {when}"
    mark = hashlib.sha256(statement.encode()).hexdigest()[:16]
    return f"""
do $do$
begin
  if not exists (select from pg_trigger t where t.tgrelid = 'pgswarm.{table}'::regclass and t.tgname = '{name}'
                    and obj_description(t.oid, 'pg_trigger') = 'pgswarm {mark}') then
    {statement};
    comment on trigger {name} on pgswarm.{table} is 'pgswarm {mark}';
  end if;
end
$do$;
"""


def _legal_moves() -> str:
    rows = ",\n  ".join(
        f"('{before}', '{verb}', '{after}')" for before, verbs in MOVES.items() for verb, after in verbs.items()
    )
    return f"create or replace view pgswarm.legal_move (status_from, verb, status_to) as values\n  {rows};"


def _illegal_move() -> str:
    # One text to look in: each statement reads its triggers' conditions anew; a list of cases is four times as long.
    pairs = [*legal_pairs(), (Status.AWAITING_CHILDREN, Status.AWAITING_CHILDREN)]  # the last: it counts a child off
    legal = ",".join(f"{before}>{after}" for before, after in sorted(pairs))
    return """
create or replace function pgswarm.refuse_move() returns trigger language plpgsql as $$
begin
  if old.status = new.status and old.status in ('pending', 'waiting_user') and old.directive <> new.directive then
    return new;  -- no move at all: a person gives a node that waits another directive
  end if;
  raise exception 'a node that is % cannot become %', old.status, new.status
    using errcode = 'PS405', detail = format('node %s of swarm %s', old.node_id, old.swarm_id),
          hint = 'see the view pgswarm.legal_move';
end
$$;
""" + _trigger(
        "refuse_move",
        "node",
        "before update on pgswarm.node for each row\n"
        f"    when (strpos(',{legal},', ',' || old.status || '>' || new.status || ',') = 0)"
        " execute function pgswarm.refuse_move()",
    )


def _illegal_birth() -> str:
    return """
create or replace function pgswarm.refuse_birth() returns trigger language plpgsql as $$
begin
  raise exception 'a node is made pending, not %', new.status
    using errcode = 'PS405', detail = format('node %s of swarm %s', new.node_id, new.swarm_id),
          hint = 'spawn it pending';
end
$$;
""" + _trigger(
        "refuse_birth",
        "node",
        "before insert on pgswarm.node for each row\n    when (new.status <> 'pending'"
        " and (new.copied_from is null or new.status = 'running'))"  # a fork restores all but what runs
        " execute function pgswarm.refuse_birth()",
    )


def _direct_write(table: str, outside: str) -> str:
    return f"""
create or replace function pgswarm.refuse_write_to_{table}() returns trigger language plpgsql as $$
begin
  if {outside} then
    raise exception 'table pgswarm.{table} changes through verbs only'
      using errcode = 'PS403', detail = format('a direct %s by %s', lower(tg_op), current_user),
            hint = 'call {_VERB_HINTS[table]}';
  end if;
  return null;
end
$$;
""" + _trigger(
        "refuse_write",
        table,
        f"before insert or update or delete or truncate on pgswarm.{table}\n    for each statement"
        f" execute function pgswarm.refuse_write_to_{table}()",
    )


# A statement that names a partition does not fire the triggers of the table above it.
_PARTITIONS: Final = """
create or replace function pgswarm.guard_partitions() returns void language plpgsql as $$
declare
  v_partition regclass;
begin
  for v_partition in
    select i.inhrelid::regclass from pg_inherits i
     where i.inhparent = 'pgswarm.event'::regclass
       and not exists (select from pg_trigger t where t.tgrelid = i.inhrelid and t.tgname = 'refuse_write')
  loop
    execute format('create trigger refuse_write before insert or update or delete or truncate on %s for each statement '
                   'execute function pgswarm.refuse_write_to_event()', v_partition);
  end loop;
end
$$;
select pgswarm.guard_partitions();
"""
