"""Every function that the API may call and that takes an id: another's id is answered like one that is not known.

The functions are found in the catalog, so that a new one is tested without anybody thinking of it.
"""

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from db.roles.conftest import Owned, be, refused
from pgswarm.schema.roles import Role
from support.database import Database
from support.verbs import Conn, call

IDS = {
    "swarm_id", "node_id", "question_id", "entry_id", "token_id", "account_id", "owner", "other_id",
    "conversation_id", "upload_id", "link_id", "parent_id", "folder_id", "into_id", "blueprint_id", "based_on",
}  # fmt: skip
NOT_ANYBODYS = {
    "full_text",
    "whole_text",
    "lock_key",
}  # hashes: who knows one has seen the text; none says what is there
VALUES: dict[str, Any] = {
    "text": "x",
    "jsonb": json.dumps({"nodes": 5}),
    "boolean": True,
    "integer": 1,
    "bigint": 1,
    "double precision": 60.0,
    "bytea": b"x" * 32,
    "timestamp with time zone": "2026-01-01",
    "timestamp with time zone[]": [],
    "uuid[]": [],
    "text[]": [],
    "real[]": [1.0, 0.0],
    "uuid": str(uuid4()),
}
BY_NAME: dict[str, Any] = {
    "role": "user",
    "action": "test/work",
    "args": "{}",
    "options": "{}",
    "action_id": "created/own",
}


def parameters(db: Database) -> dict[str, dict[str, str]]:
    """Return the functions that the API may call → the names of their parameters → the types."""
    rows = db.rows(
        "select p.oid::regprocedure::text as signature, p.proname as name,"
        " (p.proargnames::text[])[1:p.pronargs] as names,"
        " array(select format_type(t, null) from unnest(p.proargtypes) with ordinality a(t, i) order by i) as types"
        " from pg_proc p where p.pronamespace = 'pgswarm'::regnamespace"
        " and has_function_privilege('pgswarm_api', p.oid, 'execute')"
    )
    return {row["name"]: dict(zip(row["names"] or [], row["types"], strict=True)) for row in rows}


def call_sql(name: str, taken: dict[str, str]) -> str:
    arguments = ", ".join(f"{key} => %({key})s::{kind}" for key, kind in taken.items())
    return f"select * from pgswarm.{name}({arguments})"  # noqa: S608 - names of the catalog


def arguments(taken: dict[str, str], ids: dict[str, UUID]) -> dict[str, Any]:
    given = {key: BY_NAME.get(key, VALUES[kind]) for key, kind in taken.items()}
    if "options" in taken and "swarm_id" in taken:
        given["options"] = VALUES["jsonb"]
    return given | {key: ids[key] for key in taken if key in ids}


def ids_of(owned: Owned, name: str) -> dict[str, UUID]:
    known = {key: getattr(owned, key) for key in IDS if hasattr(owned, key)}
    known |= {"owner": owned.account_id, "other_id": owned.swarm_id, "based_on": owned.blueprint_id}
    known |= {"parent_id": owned.folder_id, "into_id": owned.folder_id}
    return known | {"entry_id": owned.blueprint_entry_id} if name == "remove_blueprint_entry" else known


def answer_of(conn: Conn, name: str, taken: dict[str, str], given: dict[str, Any]) -> tuple[str | None, str]:
    """Return the SQLSTATE and what the refusal says, its ids left out."""
    try:
        with conn.transaction():
            rows = conn.execute(call_sql(name, taken).encode(), given).fetchall()
            assert all(value is None for row in rows for value in row.values()), f"{name} gave another account {rows}"
            return "PS404", "nothing"
    except psycopg.Error as error:
        said = error.diag.message_primary or ""
        for value in given.values():
            said = said.replace(str(value), "…")
        return error.sqlstate, said


def taking_ids(db: Database) -> dict[str, dict[str, str]]:
    return {name: taken for name, taken in parameters(db).items() if IDS & taken.keys() and name not in NOT_ANYBODYS}


def test_every_function_refuses_anothers_id_like_an_unknown_one(db: Database, api: Conn, owned: Owned) -> None:
    found = taking_ids(db)
    assert len(found) >= 15
    for name, taken in found.items():
        be(api, owned.other_id)
        own = arguments(taken, ids_of(owned, name))
        unknown = arguments(taken, dict.fromkeys(IDS, uuid4()))
        theirs = answer_of(api, name, taken, own)
        assert theirs[0] == "PS404", (name, theirs)
        assert theirs == answer_of(api, name, taken, unknown), name
        be(api, None)  # the API's role, and nobody said who asks
        assert answer_of(api, name, taken, own)[0] == "PS404", name


def test_every_function_lets_the_owner_and_an_admin_in(db: Database, api: Conn, owned: Owned) -> None:
    """So that the test above cannot pass because nothing ever works."""
    later = {
        "PS409",
        "PS422",
        None,
        "PS403",
    }  # past the ownership: what cannot be done now
    for name, taken in taking_ids(db).items():
        for account in (owned.account_id, owned.admin_id):
            be(api, account)
            with api.transaction(force_rollback=True):
                assert refused(api, call_sql(name, taken), arguments(taken, ids_of(owned, name))) in later, (
                    name,
                    account,
                )


def test_ownership_is_asked_before_anything_is_locked(db: Database, api: Conn, owned: Owned) -> None:
    """Whoever holds another's id can make nobody wait for them, nor tell by waiting that it is there."""
    with db.connect(autocommit=False) as holder:
        holder.execute("select pgswarm.lock_swarms(array[%s::uuid])", [owned.swarm_id])
        be(api, owned.other_id)
        api.execute("set local lock_timeout = '1s'")
        for name, taken in taking_ids(db).items():
            assert answer_of(api, name, taken, arguments(taken, ids_of(owned, name)))[0] == "PS404", name


def test_every_function_with_an_id_of_a_kind_unknown_here_is_named(db: Database) -> None:
    """A new kind of id must be added to IDS above, and to the fixture."""
    uuids = {
        (name, key)
        for name, taken in parameters(db).items()
        for key, kind in taken.items()
        if kind.startswith("uuid") and key not in IDS
    }
    elsewhere = {  # each has a test of its own below
        ("change_password", "keep_token_id"),
        ("answer_question", "files"),
        ("add_message", "files"),
        ("event_frames", "account_ids"),
        ("event_frames", "swarm_ids"),
        ("account_partials", "account_ids"),  # tests/api/events/test_partials.py
        ("partial_frames", "account_ids"),  # tests/api/events/test_partials.py
        ("partial_frames", "swarm_ids"),
        ("may_read", "account_ids"),
        ("may_read", "swarm_ids"),
        ("swarm_owners", "swarm_ids"),
        ("live_tokens", "token_ids"),  # says only whether an id that somebody knows is valid
        ("save_entry", "target_id"),
        ("save_entry", "derived_from"),
        ("save_blueprint_entry", "target_id"),
        ("contribute_entries", "entry_ids"),
        ("touched_nodes", "after"),  # where a page begins
        ("account_frames", "only_ids"),
        ("account_frames", "known_ids"),
    }
    assert uuids == elsewhere


def test_anothers_conversation_cannot_be_begun_again_nor_joined(api: Conn, owned: Owned) -> None:
    be(api, owned.other_id)
    taken = owned.conversation_id
    assert refused(api, "select pgswarm.begin_conversation(conversation_id => %s)", [taken]) == "PS404"
    options = json.dumps({"conversation_id": str(taken)})
    assert refused(api, "select pgswarm.start_swarm('x', 'test/work', options => %s)", [options]) == "PS404"


def test_anothers_upload_cannot_be_attached(db: Database, api: Conn, owned: Owned) -> None:
    own = db.value("select swarm_id from pgswarm.swarm where owner_id = %(id)s", id=owned.other_id)
    be(api, owned.other_id)
    query = "select pgswarm.add_message(swarm_id => %s, node_id => null, content => 'x', files => %s)"
    assert refused(api, query, [own, [owned.upload_id]]) == "PS404"
    options = json.dumps({"files": [str(owned.upload_id)]})
    assert refused(api, "select pgswarm.start_swarm('x', 'test/work', options => %s)", [options]) == "PS404"


def test_anothers_entries_are_not_pointed_to_derived_from_or_given(db: Database, api: Conn, owned: Owned) -> None:
    own = db.value("select swarm_id from pgswarm.swarm where owner_id = %(id)s", id=owned.other_id)
    be(api, owned.other_id)
    blueprint = call(api, "select pgswarm.create_blueprint('theirs')")
    save = "select pgswarm.save_entry(%s, null, 'a', %s, '', '', %s, target_id => %s, derived_from => %s)"
    for entry_id in (owned.entry_id, owned.blueprint_entry_id):
        assert refused(api, save, [own, "pointer", None, entry_id, None]) == "PS404"
        assert refused(api, save, [own, "text", b"x", None, [entry_id]]) == "PS404"
        assert refused(api, save.replace("derived_from", "parent_id"), [own, "text", b"x", None, entry_id]) == "PS404"
        to_blueprint = "select pgswarm.save_blueprint_entry(%s, 'a', 'pointer', target_id => %s)"
        assert refused(api, to_blueprint, [blueprint, entry_id]) == "PS404"
        given = "select pgswarm.contribute_entries(%s, %s, %s)"
        assert refused(api, given, [blueprint, own, [entry_id]]) == "PS404"
    options = json.dumps({"blueprint": "mine"})
    assert refused(api, "select pgswarm.start_swarm('x', 'test/work', options => %s)", [options]) == "PS404"


def test_blueprint_that_is_everybodys_is_changed_by_admins_only(db: Database, api: Conn, owned: Owned) -> None:
    shared = db.value("select blueprint_id from pgswarm.blueprint where owner_id is null")
    save = "select pgswarm.save_blueprint_entry(%s, 'a', 'text', content => 'x')"
    made = "select pgswarm.create_blueprint('b', shared => true)"
    be(api, owned.account_id)
    assert (refused(api, save, [shared]), refused(api, made)) == ("PS403", "PS403")
    be(api, owned.admin_id)
    assert (refused(api, save, [shared]), refused(api, made)) == (None, None)


def test_anothers_events_are_not_read_in_batches(api: Conn, owned: Owned) -> None:
    pair = {"account": [owned.account_id], "other": [owned.other_id], "swarm": [owned.swarm_id]}
    theirs = "select * from pgswarm.event_frames(account_ids => %(other)s, swarm_ids => %(swarm)s, after_seqs => '{0}')"
    own = theirs.replace("(other)", "(account)")
    everything = "select * from pgswarm.account_frames(0, '-infinity', %(swarm)s, '{}', '{}')"
    be(api, owned.other_id)
    for statement in (theirs, own):
        assert api.execute(statement.encode(), pair).fetchall() == []
    assert [row["seq"] for row in api.execute(everything.encode(), pair).fetchall()] == [0]
    assert api.execute("select * from pgswarm.swarm_owners(%(swarm)s)", pair).fetchall() == []
    be(api, owned.account_id)
    assert api.execute(theirs.encode(), pair).fetchall() == []
    assert len(api.execute(own.encode(), pair).fetchall()) >= 2
    assert len(api.execute(everything.encode(), pair).fetchall()) >= 3
    be(api, None)  # an API process reads for its subscribers, each in the name of one
    assert api.execute(theirs.encode(), pair).fetchall() == []
    assert len(api.execute(own.encode(), pair).fetchall()) >= 2


def test_token_of_another_is_not_kept_by_ones_own_change_of_password(db: Database, api: Conn, owned: Owned) -> None:
    be(api, owned.other_id)
    change = "select pgswarm.change_password(account_id => %s, password_hash => 'h', keep_token_id => %s)"
    assert refused(api, change, [owned.other_id, owned.token_id]) is None
    assert db.value("select revoked_at from pgswarm.api_token where token_id = %(id)s", id=owned.token_id) is None


def test_own_id_beside_anothers_does_not_help(api: Conn, db: Database, owned: Owned) -> None:
    own = db.value("select swarm_id from pgswarm.swarm where owner_id = %(id)s", id=owned.other_id)
    be(api, owned.other_id)
    for query in (
        "select pgswarm.cancel_node(%s, %s)",
        "select pgswarm.retry_node(%s, %s)",
        "select pgswarm.add_message(%s, %s, 'hello')",
        "select pgswarm.change_directive(%s, %s, 'do that')",
    ):
        assert refused(api, query, [own, owned.node_id]) == "PS404"
    assert refused(api, "select pgswarm.diff_swarms(%s, %s)", [own, owned.swarm_id]) == "PS404"
    read = api.execute("select pgswarm.read_entry(%s, %s) as content", [own, owned.entry_id]).fetchone()
    assert read == {"content": None}


def test_held_caller_owns_what_it_starts_and_gives_nothing_to_others(api: Conn, owned: Owned) -> None:
    be(api, owned.other_id)
    assert refused(api, "select pgswarm.start_swarm('x', 'test/work', owner => %s)", [owned.account_id]) == "PS404"
    made = call(api, "select pgswarm.start_swarm('x', 'test/work')")
    assert api.execute("select owner_id from pgswarm.swarm where swarm_id = %s", [made]).fetchone() == {
        "owner_id": owned.other_id
    }
    be(api, owned.admin_id)
    assert refused(api, "select pgswarm.start_swarm('x', 'test/work', owner => %s)", [owned.account_id]) is None


def test_same_key_of_two_accounts_starts_two_swarms(api: Conn, owned: Owned) -> None:
    made = set()
    for account in (owned.account_id, owned.other_id, owned.account_id):
        be(api, account)
        made.add(call(api, "select pgswarm.start_swarm('x', 'test/work', idempotency_key => 'k')"))
    assert len(made) == 2


@pytest.mark.parametrize("role", [Role.PROCESSOR, Role.OPERATOR, "the server's own"])
def test_trusted_role_is_held_only_where_it_names_an_account(db: Database, owned: Owned, role: str) -> None:
    with db.connect(autocommit=False) as conn:
        if isinstance(role, Role):
            conn.execute(f"set local role {role}".encode())
        statement = "select * from pgswarm.search_memory(swarm_id => %s, query => 'harbour', max_results => 1)"
        assert refused(conn, statement, [owned.swarm_id]) is None
        be(conn, owned.other_id)
        assert refused(conn, statement, [owned.swarm_id]) == "PS404"
        conn.rollback()


def test_login_that_is_only_of_the_apis_role_is_held_without_set_role(db: Database, owned: Owned) -> None:
    db.run("create role pgswarm_test_web login password 'web'")
    try:
        db.run("grant pgswarm_api to pgswarm_test_web")
        with psycopg.connect(db.url, user="pgswarm_test_web", password="web") as conn:  # noqa: S106 - of a test
            with pytest.raises(psycopg.Error) as error:
                conn.execute("select pgswarm.pause_swarm(%s)", [owned.swarm_id])
            assert error.value.sqlstate == "PS404"
    finally:
        db.run("drop role pgswarm_test_web")
