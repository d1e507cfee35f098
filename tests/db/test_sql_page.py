"""docs/sql.md: each of its queries runs, as an operator, and says what its heading promises."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgswarm.cli.backup.clients import client_programs, connection_of
from support.created import make
from support.database import Database
from support.processors import Processors, register_actions, start_swarm
from support.verbs import Kid, Worker, finish, spawn, start
from support.wait import wait_until

pytestmark = pytest.mark.xdist_group("sql_page")  # one worker makes what all of them look at, once

PAGE = (Path(__file__).parents[2] / "docs" / "sql.md").read_text()
BLOCK = re.compile(r"^#+ (?P<heading>[^\n]+)$|^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
NOTHING_WRONG = {"Does everything hold?"}


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the page's blocks of this language, each with the heading above it."""
    found, heading = [], ""
    for match in BLOCK.finditer(PAGE):
        heading = match["heading"] or heading
        if match["language"] == language:
            found.append((heading, match["text"]))
    return found


QUERIES = [(heading, text) for heading, text in blocks("sql") if heading not in {"Act", "In your own transaction"}]
ACTS = [text for heading, text in blocks("sql") if heading == "Act"]
OWN, SEVERAL = (text for heading, text in blocks("sql") if heading == "In your own transaction")
((_, PYTHON),) = blocks("python")
STARTED = "select count(*) from pgswarm.swarm where idempotency_key like 'invoice-%'"
LEFT = """
select (select count(*) from pgswarm.swarm) + (select count(*) from pgswarm.node) + (select count(*) from pgswarm.event)
     + (select count(*) from pgswarm.ready) + (select count(*) from pgswarm.lane) + (select count(*) from invoice) as n
"""


class World:
    """A database that has seen some life: users, questions, failures, calls of a model, nodes that wait."""

    def __init__(self, db: Database, processors: Processors) -> None:
        self.db = db
        self.operator = self._account()
        self._make_an_action()
        db.run("insert into pgswarm.account (account_id, username) values (pgswarm.new_id(), 'ada')")
        owner = db.value("select account_id from pgswarm.account where username = 'ada'")
        start = "select pgswarm.start_swarm('List the files that there are', owner => %(owner)s)"
        db.value(start, owner=owner)
        db.clock.freeze(datetime.now(UTC) - timedelta(hours=2))
        self.swarm_id = start_swarm(db, "bench/ask", {"questions": 2})
        processors.once("--actions", "bench/*")
        db.clock.reset()
        start_swarm(db, "bench/flaky", {"failures": 9})
        answered = start_swarm(db, "bench/ask", {"questions": 1})
        processors.once()
        db.value(
            "select pgswarm.answer_question(question_id, '\"blue\"') from pgswarm.inbox where swarm_id = %(id)s",
            id=answered,
        )
        processors.once()
        db.clock.freeze(datetime.now(UTC) - timedelta(hours=2))
        start_swarm(db, "bench/noop")
        db.clock.reset()
        processors.start("--actions", "bench/ask")  # alive, and the node that waits goes on waiting
        wait_until(lambda: db.value("select count(*) from pgswarm.worker where stopped_at is null"), "somebody works")

    def _make_an_action(self) -> None:
        conn = self.db.conn
        worker = Worker(conn, lease_s=600)
        start(conn, action="bench/noop")
        root = worker.claim_one()
        make(conn, root.swarm_id, root.node_id, "count_words", "x")
        worker.does(spawn(root, Kid("created/count_words")))
        for _ in range(2):
            worker.does(finish(worker.claim_one()))
        worker.stop()

    def _account(self) -> str:
        name = f"operator_{self.db.name}"
        self.db.conn.execute(f"create role {name} login password 'x' in role pgswarm_operator".encode())
        self.db.conn.execute(f"grant create on schema public to {name}".encode())
        return name

    def psql(self, script: str) -> list[list[str]]:
        """Run a block as an operator types it, and return its rows."""
        words, environment = connection_of(self.db.url)
        command = [str(client_programs() / "psql"), "--no-psqlrc", "--quiet", "--csv", "--set=ON_ERROR_STOP=1"]
        command += [f"--set=swarm={self.swarm_id}", f"--dbname={words} user={self.operator} password=x"]
        done = subprocess.run(
            command, input=script, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"{script}\n{done.stderr}"
        return [line.split(",") for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def world(module_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    register_actions(module_db)
    processors = Processors(module_db, tmp_path_factory.mktemp("world"))
    made: World | None = None
    try:
        made = World(module_db, processors)
        yield made
    finally:
        processors.end()
        if made is not None:
            module_db.conn.execute(f"drop owned by {made.operator} cascade".encode())
            module_db.conn.execute(f"drop role {made.operator}".encode())


@pytest.mark.parametrize(("heading", "query"), QUERIES, ids=[heading for heading, _ in QUERIES])
def test_the_query_under_this_heading_runs_and_finds_something(world: World, heading: str, query: str) -> None:
    head, *rows = world.psql(query)
    assert len(set(head)) == len(head)
    assert bool(rows) != (heading in NOTHING_WRONG), rows


def test_the_acts_of_the_page_do_what_they_say(world: World) -> None:
    for text in ACTS:
        world.psql(text)
    kinds = {
        row["kind"]
        for row in world.db.rows("select kind from pgswarm.event where swarm_id = %(id)s", id=world.swarm_id)
    }
    assert {"message.added", "swarm.paused", "swarm.budget_raised", "swarm.resumed", "question.answered"} <= kinds
    actors = "select distinct actor from pgswarm.event where swarm_id = %(id)s and kind = 'swarm.paused'"
    assert world.db.value(actors, id=world.swarm_id) == f"role:{world.operator}"
    assert world.db.value("select count(*) from pgswarm.swarm where idempotency_key = 'release-42'") == 1


def test_a_swarm_begins_with_the_applications_commit(world: World) -> None:
    world.psql(OWN)
    row = world.db.row("select customer, status from invoice join pgswarm.swarm using (swarm_id)")
    assert row == {"customer": "Ada", "status": "active"}


@pytest.fixture
def shop(db: Database) -> Database:
    """A database with the application's own table in it."""
    register_actions(db)
    db.run("create table invoice (invoice_id bigint primary key, customer text not null, swarm_id uuid)")
    return db


def book(db: psycopg.Connection[Any], invoice_id: int, customer: str) -> None:
    """The page's own function, within the transaction that the caller is in (if it is in one)."""
    names: dict[str, Any] = {}
    exec(PYTHON, names)  # noqa: S102 - the page's example is what is tested
    names["book"](db, invoice_id, customer)


def test_nothing_is_seen_or_notified_before_the_commit(shop: Database) -> None:
    with shop.connect() as listener, shop.connect(autocommit=False) as own:
        listener.execute("listen pgswarm_event")
        own.execute("select")
        book(own, 7, "Ada")
        assert own.execute(STARTED).fetchone() == {"count": 1}
        assert shop.value(STARTED) == 0
        assert list(listener.notifies(timeout=0)) == []
        own.commit()
        assert shop.value(STARTED) == 1
        (first, *_) = listener.notifies(timeout=10, stop_after=1)
        assert str(shop.value("select swarm_id from invoice")) in first.payload


@pytest.mark.parametrize("how", ["rollback", "error", "lost connection", "savepoint"])
def test_a_rollback_leaves_nothing_of_the_swarm(shop: Database, how: str) -> None:
    own = shop.connect(autocommit=False)
    own.execute("select")  # begins the transaction, which `book` then only nests in
    if how == "savepoint":
        own.execute("savepoint before")
    book(own, 7, "Ada")
    if how == "rollback":
        own.rollback()
    elif how == "error":
        with pytest.raises(psycopg.errors.UniqueViolation):
            own.execute("insert into invoice values (7, 'twice')")
        own.rollback()
    elif how == "savepoint":
        own.execute("rollback to before")
        own.commit()
    else:
        shop.value("select pg_terminate_backend(%(pid)s)", pid=own.info.backend_pid)
    own.close()
    wait_until(lambda: shop.value(LEFT) == 0, "nothing is left of it")
    book(shop.conn, 7, "Ada")  # the key is free again
    assert shop.value(STARTED) == 1


def test_a_stricter_isolation_is_refused_with_the_reason(shop: Database) -> None:
    with shop.connect(autocommit=False) as own:
        own.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        with pytest.raises(psycopg.Error, match="read committed"):
            book(own, 7, "Ada")
        own.rollback()


def test_several_swarms_in_the_pages_order_never_wait_for_each_other(shop: Database) -> None:
    for _ in range(20):
        start_swarm(shop, "bench/noop")
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(many_times, shop) for _ in range(4)]:
            done.result(timeout=60)


def many_times(db: Database) -> None:
    with db.connect() as own:
        for _ in range(10):
            own.execute(SEVERAL.encode())
