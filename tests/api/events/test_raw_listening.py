"""The clients of docs/events.md, as they stand there: Python and psql, straight from the database."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.database import Database
from support.verbs import Worker, cancel, events, finish, pause, register, resume, start
from support.wait import wait_until

PAGE = Path(__file__).parents[3] / "docs" / "events.md"
MOST_LINES = 30


def block(language: str, holding: str) -> str:
    """Return the one block of the page that holds a text."""
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL) if holding in text]
    assert len(found) == 1
    return str(found[0])


@contextmanager
def running(command: list[str], db: Database, folder: Path) -> Iterator[Any]:
    """Run a client; yield what gives all that it has said."""
    said = folder / "said"
    with said.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=os.environ | {"PGSWARM_DATABASE_URL": db.url},
            start_new_session=True,
        )
    try:
        yield lambda: said.read_text() if process.poll() in {None, 0} else pytest.fail(said.read_text())
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_python_client_follows_a_swarm_to_its_end_through_a_lost_connection(db: Database, tmp_path: Path) -> None:
    code = block("python", "listen pgswarm_event")
    assert len(code.splitlines()) <= MOST_LINES
    (tmp_path / "follow.py").write_text(code)
    register(db.conn)
    swarm_id = start(db.conn)
    with running([sys.executable, str(tmp_path / "follow.py"), str(swarm_id)], db, tmp_path) as said:
        wait_until(lambda: "2 node.created" in said(), "it sees what was there")
        pause(db.conn, swarm_id)
        wait_until(lambda: "3 swarm.paused" in said(), "it is woken")
        db.run(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        resume(db.conn, swarm_id)
        worker = Worker(db.conn)
        worker.does(finish(worker.claim_one(), "done"))
        wait_until(lambda: "swarm.terminated" in said(), "it goes on")
        lines = [line.split()[:2] for line in said().splitlines() if line[:1].isdigit()]
    assert lines == [[str(e["seq"]), e["kind"]] for e in events(db.conn, swarm_id)]


def test_psql_shows_every_event_once_and_the_notifications(db: Database, tmp_path: Path) -> None:
    (tmp_path / "events.sql").write_text(block("sql", "listen pgswarm_event"))
    register(db.conn)
    swarm_id = start(db.conn)
    script = re.sub(r"swarm=\S+", f"swarm={swarm_id}", block("sh", "psql")).replace("sleep 1", "sleep 0.2")
    with running(["sh", "-c", script], db, tmp_path) as said:
        wait_until(lambda: "node.created" in said(), "it sees what was there")
        cancel(db.conn, swarm_id)
        wait_until(lambda: "swarm.terminated" in said(), "it sees what comes")
        wait_until(lambda: 'Asynchronous notification "pgswarm_event"' in said(), "it is told")
        seen = [int(seq) for seq in re.findall(r"^ +(\d+) \| (?:swarm|node)\.", said(), re.MULTILINE)]
    assert seen == [e["seq"] for e in events(db.conn, swarm_id)]
