"""Row-level security under the API's role: which rows an account sees. Generated from `roles.TABLES`.

Rule: a policy is the net below the queries, which name the owner too: it guards against a forgotten WHERE, not against
SQL that somebody else wrote. The owner of the tables, as whom verbs run, is held by no policy; processors and operators
see everything.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

from pgswarm.schema.roles import TABLES, Role, Rows

# Scalar subqueries: asked once for a query, not once for a row.
_MINE: Final = "{column} = (select pgswarm.account_id()) or (select pgswarm.is_admin())"
_VISIBLE: Final[Mapping[Rows, str]] = {
    Rows.OWNER: _MINE.format(column="owner_id"),
    Rows.SHARED: f"owner_id is null or {_MINE.format(column='owner_id')}",
    Rows.SPACE: f"owner_id is null and swarm_id is null or {_MINE.format(column='owner_id')}",
    Rows.ACCOUNT: _MINE.format(column="account_id"),
    Rows.SWARM: "exists (select from pgswarm.swarm s where s.swarm_id = {table}.swarm_id)",
    Rows.ENTRY: "exists (select from pgswarm.space_entry e where e.entry_id = {table}.entry_id)",
}
_ENABLED: Final = """
  if not (select c.relrowsecurity from pg_class c where c.oid = 'pgswarm.{table}'::regclass) then
    alter table pgswarm.{table} enable row level security;
  end if;"""


def policy_sql(table: str, rows: Rows) -> str:
    """Return the SQL that gives a table its policies; it may be run again, and then locks nothing.

    `table` is a name in the schema pgswarm. The subqueries of `SWARM` and `ENTRY` are held to the policies of their own
    tables, so that whose a swarm is stands in one place.
    """
    if rows is Rows.ALL:
        return ""
    made = [_policy(table, "everything", f"for select to {Role.PROCESSOR}, {Role.OPERATOR} using (true)")]
    if rows is not Rows.NONE:
        visible = _VISIBLE[rows].format(table=table)
        made.append(_policy(table, "own_rows", f"for select to {Role.API} using ({visible})"))
    return f"\ndo $do$\nbegin{_ENABLED.replace('{table}', table)}{''.join(made)}\nend\n$do$;\n"


def all_policies_sql() -> str:
    """Return the SQL that gives every table of pgswarm its policies."""
    return "\n".join(policy_sql(table, rows) for table, rows in TABLES.items())


def _policy(table: str, name: str, text: str) -> str:
    """Make a policy, only where it is not there as it is here: to make one locks its table against everybody."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"""
  if not exists (select from pg_policy p where p.polrelid = 'pgswarm.{table}'::regclass and p.polname = '{name}'
                    and obj_description(p.oid, 'pg_policy') = 'pgswarm {mark}') then
    drop policy if exists {name} on pgswarm.{table};
    create policy {name} on pgswarm.{table} {text};
    comment on policy {name} on pgswarm.{table} is 'pgswarm {mark}';
  end if;"""
