"""Two accounts, a swarm of one of them with a row of every kind in it, and connections as the API's role."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from pgswarm.schema.roles import Role
from support.created import made_fields
from support.database import Database
from support.verbs import Conn, Kid, Worker, add_message, as_account, ask, call, open_questions, spawn, start


@dataclass(frozen=True)
class Owned:
    """What one account owns: an id for every parameter that names one."""

    account_id: UUID
    other_id: UUID
    admin_id: UUID
    swarm_id: UUID
    node_id: UUID
    question_id: UUID
    entry_id: UUID
    token_id: UUID
    conversation_id: UUID
    upload_id: UUID
    link_id: UUID
    folder_id: UUID
    blueprint_id: UUID
    blueprint_entry_id: UUID


@pytest.fixture
def db(module_db: Database) -> Database:
    return module_db


@pytest.fixture(scope="module")
def owned(module_db: Database) -> Owned:
    """One account's swarm, in which every table that belongs to a swarm has a row; another account; an admin."""
    with module_db.connect() as conn:
        conn.execute(
            """select pgswarm.register_actions(specs => '[{"action_id": "test/work"}, {"action_id": "other/work"}]')"""
        )
        mine, other, admin = (
            call(conn, "select pgswarm.create_account(username => %s, role => %s)", name, role)
            for name, role in (("mine", "user"), ("other", "user"), ("admin", "admin"))
        )
        swarm_id = start(conn, "long " * 2000, owner=mine)
        worker = Worker(conn, lease_s=3600)
        run = worker.claim_one()
        conn.execute(
            "select pgswarm.begin_call(%s, %s, %s, 1, 1, 'hash', 'a model', '{}', 1, 1)",
            [run.swarm_id, run.node_id, run.epoch],
        )
        conn.execute("select pgswarm.begin_effect(%s, %s, %s, 'key')", [run.swarm_id, run.node_id, run.epoch])
        conn.execute(
            "select pgswarm.change_files(%s, %s, %s, 1, 1, 'hash',"
            """ '[{"path": "a", "kind": "folder"}]', '{}', null)""",
            [run.swarm_id, run.node_id, run.epoch],
        )
        entry = call(
            conn,
            "select pgswarm.save_entry(swarm_id => %s, node_id => null, name => 'note', kind => 'text',"
            " description => '', folder => '', content => 'something of a harbour')",
            swarm_id,
        )
        for content in ("an old text", "a new text"):
            conn.execute(
                "select pgswarm.save_entry(swarm_id => %s, node_id => null, name => 'other', kind => 'text',"
                " description => '', folder => 'papers', content => %s)",
                [swarm_id, content.encode()],
            )
        folder = call(conn, "select pgswarm.find_entry(%s, 'papers')", swarm_id)
        for code in ("bad", "good"):  # two versions, the first of them revoked
            conn.execute(
                "select pgswarm.create_action(%s, %s, 'own', '', %s, %s, improves => %s)",
                [swarm_id, run.node_id, code, Jsonb(made_fields(code)), 1 if code == "good" else None],
            )
        conn.execute("select pgswarm.revoke_action(%s, 'created/own', 1, 'wrong')", [swarm_id])
        conn.execute("select pgswarm.keep_profile(%s, '{}')", [swarm_id])
        add_message(conn, swarm_id, None, "hello")
        worker.does(spawn(run, Kid()))
        worker.does(ask(worker.claim_one(), "well?"))
        start(conn, action="other/work")  # nobody's
        start(conn, action="other/work", owner=other)
        question = open_questions(conn, swarm_id)[0]["question_id"]
        conn.execute("select pgswarm.create_blueprint('everybody''s', shared => true)")
        blueprint = call(conn, "select pgswarm.create_blueprint('mine', owner => %s)", mine)
        blueprint_entry = call(
            conn, "select pgswarm.save_blueprint_entry(%s, 'style', 'text', content => 'short')", blueprint
        )
        token = call(
            conn,
            "select token_id from pgswarm.issue_token(account_id => %s, token_hash => %s, lifetime_s => 3600)",
            mine,
            hashlib.sha256(b"token").digest(),
        )
        conversation = call(conn, "select pgswarm.begin_conversation(title => 'mine', owner => %s)", mine)
        upload = call(
            conn,
            "select pgswarm.create_upload(name => 'a.txt', kind => 'text', content => 'of mine', owner => %s)",
            mine,
        )
        link = call(
            conn,
            "select link_id from pgswarm.create_answer_link(question_id => %s, token_hash => %s)",
            question,
            hashlib.sha256(b"link").digest(),
        )
    return Owned(
        mine, other, admin, swarm_id, run.node_id, question, entry, token, conversation, upload, link, folder,
        blueprint, blueprint_entry,
    )  # fmt: skip


@pytest.fixture
def api(db: Database) -> Iterator[Conn]:
    """A connection as the API's role, in a transaction that is rolled back; no account is set."""
    with db.connect(autocommit=False) as conn:
        conn.execute(f"set local role {Role.API}".encode())
        yield conn
        conn.rollback()


def be(conn: Conn, account: UUID | None) -> None:
    """Hold the connection to an account."""
    as_account(conn, account)


def refused(conn: Conn, statement: str, params: Any = None) -> str | None:
    """Return the SQLSTATE that a statement ends with; None where it is done. The transaction goes on."""
    try:
        with conn.transaction():
            conn.execute(statement.encode(), params)
    except psycopg.Error as error:
        return error.sqlstate
    return None
