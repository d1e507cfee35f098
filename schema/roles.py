"""The database's roles, and which function and table each of them may use: all of it as data, and the SQL made from it.

Rule: what is not named here is for the owner alone. Verbs and reads run as the owner (`security definer`), and check
ownership first; a table that the API's role may read also has a row policy (`policies.py`).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

OWNER: Final = "pgswarm_owner"


class Role(StrEnum):
    """Who may call. None of them can log in: they are granted to the accounts that do."""

    PROCESSOR = "pgswarm_processor"
    API = "pgswarm_api"
    OPERATOR = "pgswarm_operator"
    """People and applications in SQL: may call everything, for any owner, and read every row but secrets."""


ROLES: Final = (OWNER, *Role)
_WORK: Final = frozenset({Role.PROCESSOR, Role.OPERATOR})
_PEOPLE: Final = frozenset({Role.API, Role.OPERATOR})
_ALL: Final = frozenset(Role)

CALLERS: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        # what people and the API do
        "start_swarm": _ALL,
        "answer_question": _PEOPLE,
        "add_message": _PEOPLE,
        "pause_swarm": _PEOPLE,
        "resume_swarm": _PEOPLE,
        "cancel_swarm": _PEOPLE,
        "cancel_node": _PEOPLE,
        "retry_node": _PEOPLE,
        "raise_budget": _PEOPLE,
        "set_approval": _PEOPLE,
        "change_directive": _PEOPLE,
        "fork_swarm": _PEOPLE,
        "copy_swarm": _PEOPLE,
        "delete_swarm": _PEOPLE,
        "begin_conversation": _PEOPLE,
        "rename_conversation": _PEOPLE,
        "end_conversation": _PEOPLE,
        "set_profile": _PEOPLE,
        "erase_profile": _PEOPLE,
        "keep_profile": _WORK,
        "read_profile": _WORK,
        "create_upload": _PEOPLE,
        "delete_upload": _PEOPLE,
        "create_answer_link": _PEOPLE,
        "revoke_answer_link": _PEOPLE,
        "answer_by_link": _PEOPLE,
        "move_entry": _ALL,
        "merge_entry": _ALL,
        "remove_entry": _ALL,
        "create_blueprint": _PEOPLE,
        "save_blueprint_entry": _PEOPLE,
        "remove_blueprint_entry": _PEOPLE,
        "contribute_entries": _PEOPLE,
        "merge_action": _PEOPLE,
        "revoke_action": _PEOPLE,
        "rerun_action": _PEOPLE,
        "begin_request": frozenset({Role.API}),
        "end_request": frozenset({Role.API}),
        # what they read
        "state_at": _PEOPLE,
        "read_history": _PEOPLE,
        "seq_at": _PEOPLE,
        "diff_swarms": _PEOPLE,
        "account_frames": _PEOPLE,
        "event_ends": _PEOPLE,
        "event_frames": _PEOPLE,
        "subtree_nodes": _PEOPLE,
        "node_spend": _PEOPLE,
        "partial_frames": _PEOPLE,
        "account_partials": _PEOPLE,
        "swarm_snapshot": _PEOPLE,
        "may_read": _PEOPLE,
        "swarm_owners": _PEOPLE,
        "live_tokens": _PEOPLE,
        "read_upload": _PEOPLE,
        "read_answer_link": _PEOPLE,
        "full_text": _ALL,
        "whole_text": _ALL,
        "read_entry": _ALL,
        "read_file": _ALL,
        "list_entries": _ALL,
        "list_utils": _ALL,
        "read_file_part": _PEOPLE,
        "search_memory": _ALL,
        "count_entries": _ALL,
        "search_vectors": _ALL,
        "search_titles": _ALL,
        "missing_vectors": _WORK,
        "memory_of": _WORK,
        "open_upload": _WORK,
        "list_level": _ALL,
        "find_entry": _ALL,
        "entry_path": _ALL,
        "entry_history": _ALL,
        "verify_space": _ALL,
        "created_actions": _ALL,
        "created_choices": _ALL,
        "touched_nodes": _PEOPLE,
        "check_invariants": _WORK,
        "count_state": _PEOPLE,
        "worker_load": _PEOPLE,
        "swarm_tree": _ALL,
        # accounts
        "create_account": _PEOPLE,
        "find_credentials": frozenset({Role.API}),
        "change_password": _PEOPLE,
        "set_account": _PEOPLE,
        "issue_token": _PEOPLE,
        "verify_token": _PEOPLE,
        "revoke_token": _PEOPLE,
        "login_wait": frozenset({Role.API}),
        "login_failed": frozenset({Role.API}),
        "login_succeeded": frozenset({Role.API}),
        # what processors do
        "register_worker": _WORK,
        "register_actions": _WORK,
        "register_documentation": _WORK,
        "heartbeat": _WORK,
        "drain_worker": _WORK,
        "stop_worker": _WORK,
        "advance": _WORK,
        "reap": _WORK,
        "tick": _WORK,
        "reconcile": _WORK,
        "still_held": _WORK,
        "begin_call": _WORK,
        "end_call": _WORK,
        "drop_call": _WORK,
        "learn_model": _WORK,
        "add_partials": _WORK,
        "set_model_limit": frozenset({Role.OPERATOR}),
        "begin_effect": _WORK,
        "end_effect": _WORK,
        "settle_effect": _ALL,
        "save_entry": _ALL,
        "import_entry": _WORK,
        "keep_vectors": _WORK,
        "create_action": _WORK,
        "change_files": _WORK,
        "read_sign_in": _WORK,
        "begin_renewal": _WORK,
        "end_renewal": _WORK,
        "keep_sign_in": _WORK,
        "forget_sign_in": _WORK,
        # what row policies, views and everybody's queries call
        "clock": _ALL,
        "current_actor": _ALL,
        "account_id": _ALL,
        "is_admin": _ALL,
        "new_id": _ALL,
        "first_id_at": _ALL,
        "lock_key": _ALL,
    }
)
"""Function → who may call it. Helpers, which verbs call as the owner, are not here."""


class Rows(StrEnum):
    """Which rows of a table the API's role sees."""

    ALL = "all"
    """Every row: it is nobody's."""
    OWNER = "owner_id"
    """Those that the account owns."""
    SHARED = "shared"
    """Those that the account owns, and those that nobody owns."""
    SWARM = "swarm_id"
    """Those of the swarms that the account owns."""
    SPACE = "space"
    """Those that the account owns, and those that belong to nobody and to no swarm."""
    ENTRY = "entry_id"
    """Those of the entries that it sees."""
    ACCOUNT = "account_id"
    """The account's own."""
    NONE = "none"
    """None: the table is read through functions only."""


TABLES: Final[Mapping[str, Rows]] = MappingProxyType(
    {
        "account": Rows.ACCOUNT,
        "action": Rows.ALL,
        "answer_link": Rows.SWARM,
        "api_request": Rows.NONE,
        "api_token": Rows.ACCOUNT,
        "blob": Rows.NONE,
        "blueprint": Rows.SHARED,
        "claim": Rows.NONE,
        "conversation": Rows.OWNER,
        "effect": Rows.SWARM,
        "entry_chunk": Rows.ENTRY,
        "entry_version": Rows.SPACE,
        "event": Rows.SWARM,
        "lane": Rows.NONE,
        "llm_call": Rows.SWARM,
        "llm_memo": Rows.NONE,
        "login_throttle": Rows.NONE,
        "message": Rows.SWARM,
        "model_ability": Rows.NONE,
        "model_limit": Rows.NONE,
        "model_use": Rows.NONE,
        "node": Rows.SWARM,
        "partial_answer": Rows.NONE,
        "question": Rows.SWARM,
        "passage_vector": Rows.NONE,
        "profile": Rows.OWNER,
        "ready": Rows.NONE,
        "revoked_action": Rows.SHARED,
        "sign_in": Rows.NONE,
        "space_entry": Rows.SPACE,
        "swarm": Rows.OWNER,
        "upload": Rows.OWNER,
        "worker": Rows.ALL,
        "workspace_change": Rows.SWARM,
        "workspace_file": Rows.SWARM,
    }
)
"""Every table → what the API's role sees of it."""

SECRETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "account": ("account_id", "username", "role", "disabled", "created_at"),
        "api_token": ("token_id", "account_id", "label", "created_at", "expires_at", "revoked_at"),
        "answer_link": (
            "link_id",
            "swarm_id",
            "question_id",
            "created_by",
            "created_at",
            "expires_at",
            "used_at",
            "revoked_at",
        ),
        "api_request": (),
        "login_throttle": (),
        "sign_in": (),
    }
)
"""Tables of which some columns are for the owner alone → the columns that others may read."""


def grant_sql() -> str:
    """Return the SQL that takes every right from the roles and gives them those named here; it may be run again."""
    everybody = ", ".join(Role)
    parts = [
        f"revoke execute on all functions in schema pgswarm from public, {everybody};",
        f"revoke all on all tables in schema pgswarm from public, {everybody};",
        f"grant usage on schema pgswarm to {everybody};",
        _grant_functions(),
        f"grant select on all tables in schema pgswarm to {Role.PROCESSOR}, {Role.OPERATOR};",
        f"grant select on {_named(*_readable(), 'alembic_version')} to {Role.API};",
        _GRANT_VIEWS,
    ]
    for table, columns in SECRETS.items():
        parts.append(f"revoke all on pgswarm.{table} from {everybody};")
        if columns:
            parts.append(f"grant select ({', '.join(columns)}) on pgswarm.{table} to {Role.API}, {Role.OPERATOR};")
    return "\n".join(parts)


def single_role_sql() -> str:
    """Return the same for a database that has no roles but its owner: nothing is left to anybody else."""
    return (
        "revoke execute on all functions in schema pgswarm from public;\n"
        "revoke all on all tables in schema pgswarm from public;"
    )


def _readable() -> list[str]:
    return [table for table, rows in TABLES.items() if rows is not Rows.NONE and table not in SECRETS]


def _named(*tables: str) -> str:
    return ", ".join(f"pgswarm.{table}" for table in tables)


def _grant_functions() -> str:
    """Grant by name, whatever the parameters: those stand in the functions' own files."""
    callers = ",\n      ".join(
        f"('{function}', '{', '.join(sorted(roles))}')" for function, roles in sorted(CALLERS.items())
    )
    return _GRANT_FUNCTIONS.replace("{callers}", callers)


_GRANT_FUNCTIONS: Final = """
do $do$
declare
  v_grant record;
begin
  for v_grant in
    select p.oid::regprocedure as function, c.roles
      from (values
      {callers}) c(name, roles)
      join pg_proc p on p.proname = c.name and p.pronamespace = 'pgswarm'::regnamespace
  loop
    execute format('grant execute on function %s to %s', v_grant.function, v_grant.roles);
  end loop;
end
$do$;"""

# Views read with the rights of whoever asks, so that each may have them all.
_GRANT_VIEWS: Final = """
do $do$
declare
  v_view regclass;
begin
  for v_view in select c.oid from pg_class c where c.relnamespace = 'pgswarm'::regnamespace and c.relkind = 'v' loop
    execute format('grant select on %s to {roles}', v_view);
  end loop;
end
$do$;""".replace("{roles}", ", ".join(Role))
