"""`pgswarm watch`: one swarm and all of them, in a pipe and in a terminal."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.database import Database
from support.processors import Processors, start_swarm, swarm_ended
from support.running import pgswarm, started, terminal


@pytest.fixture
def work(db: Database, processors: Processors) -> Database:
    """A database on which one processor works."""
    processors.start()
    return db


def answer_all(db: Database) -> None:
    db.rows("select pgswarm.answer_question(question_id, '\"blue\"') from pgswarm.inbox")


def ended(db: Database, action: str, args: dict[str, object]) -> str:
    swarm_id = start_swarm(db, action, args)
    swarm_ended(db, swarm_id)
    return swarm_id


@contextmanager
def watching(db: Database, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with started("watch", *arguments, PGSWARM_DATABASE_URL=db.url) as process:
        yield process


def lines_until(process: subprocess.Popen[str], text: str) -> list[str]:
    """Read lines until one holds this text."""
    found: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        found.append(line)
        if text in line:
            return found
    raise AssertionError(f"{text!r} never came: {found}")


def test_a_swarm_that_has_ended_is_told_from_its_beginning_with_its_report(work: Database) -> None:
    swarm_id = ended(work, "bench/fan_out", {"width": 3, "depth": 1})
    said = pgswarm("watch", swarm_id, PGSWARM_DATABASE_URL=work.url).out
    assert said.startswith(f"Goal: test\nSwarm: {swarm_id}\n")
    assert said.count("✔ succeeded bench/fan_out") == 4
    assert "Succeeded. 4 nodes" in said


def test_a_swarm_that_failed_ends_the_watch_with_1(work: Database) -> None:
    swarm_id = ended(work, "bench/flaky", {"failures": 9})
    assert "✘ failed (attempt 5 fails" in pgswarm("watch", swarm_id, code=1, PGSWARM_DATABASE_URL=work.url).out


def test_events_as_json_have_no_gap_and_go_on_after_a_cursor(work: Database) -> None:
    swarm_id = ended(work, "bench/fan_out", {"width": 3, "depth": 1})
    events = pgswarm("watch", swarm_id, "--json", PGSWARM_DATABASE_URL=work.url).events
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["kind"] == "swarm.terminated"
    assert all("directive" in event["data"] for event in events if event["kind"].startswith("node."))
    rest = pgswarm("watch", swarm_id, "--json", "--after", "5", PGSWARM_DATABASE_URL=work.url).events
    assert rest == events[5:]


def test_a_living_swarm_is_followed_to_its_end(work: Database) -> None:
    swarm_id = start_swarm(work, "bench/ask", {"questions": 1})
    with watching(work, swarm_id) as process:
        assert lines_until(process, "? asks bench/ask")
        answer_all(work)
        assert lines_until(process, "Succeeded.")
        assert process.wait(30) == 0


def test_ctrl_c_ends_the_watch_and_leaves_the_swarm_alone(work: Database) -> None:
    swarm_id = start_swarm(work, "bench/ask", {"questions": 1})
    with watching(work, swarm_id) as process:
        lines_until(process, "asks")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert work.value("select status from pgswarm.swarm") == "active"


def test_all_swarms_are_told_from_now_on_each_under_its_id(work: Database) -> None:
    old = start_swarm(work, "bench/ask", {"questions": 1})
    with watching(work) as process:
        assert process.stderr is not None
        assert "Watching" in process.stderr.readline()
        new = ended(work, "bench/fan_out", {"width": 2, "depth": 1})
        told = lines_until(process, "= succeeded")
        assert {line.split()[0] for line in told} <= {old[-12:], new[-12:]}
        mine = [line for line in told if line.startswith(new[-12:])]
        assert mine[0].split(maxsplit=1)[1] == "+ test\n"
        assert sum("✔ succeeded" in line for line in mine) == 3
        answer_all(work)
        assert lines_until(process, "= succeeded")[-1].startswith(old[-12:])


def test_all_swarms_as_json_skip_nothing(work: Database) -> None:
    with watching(work, "--json") as process:
        assert process.stderr is not None
        assert "Watching" in process.stderr.readline()
        swarms = [start_swarm(work, "bench/fan_out", {"width": 5, "depth": 1}) for _ in range(5)]
        events: list[dict[str, object]] = []
        while len({e["swarm_id"] for e in events if e["kind"] == "swarm.terminated"}) < len(swarms):
            events += [json.loads(line) for line in lines_until(process, "swarm.terminated")]
    for swarm_id in swarms:
        seqs = [event["seq"] for event in events if event["swarm_id"] == swarm_id]
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) == work.value("select count(*) from pgswarm.event where swarm_id = %(id)s", id=swarm_id)


def test_in_a_terminal_a_swarm_is_drawn_and_says_how_its_question_is_answered(work: Database) -> None:
    swarm_id = start_swarm(work, "bench/ask", {"questions": 1})
    with terminal("watch", swarm_id[-12:], PGSWARM_DATABASE_URL=work.url) as shown:
        shown.until("pgswarm answer ")
        assert "? bench/ask" in shown.shown
        answer_all(work)
        assert shown.end() == 0
        assert "✔ bench/ask" in shown.shown


def test_in_a_terminal_all_swarms_are_drawn_with_what_lives_in_them(work: Database) -> None:
    swarm_id = start_swarm(work, "bench/ask", {"questions": 1})
    with terminal("watch", PGSWARM_DATABASE_URL=work.url) as shown:
        shown.until("1 swarm · 1 asking")
        shown.until("? bench/ask")
        assert swarm_id[-12:] in shown.shown
        answer_all(work)
        shown.until("✔ 1/1 ended")
        shown.type("\x03")
        assert shown.end() == 130


def test_what_cannot_be_watched_is_said(db: Database) -> None:
    assert "no swarm" in pgswarm("watch", "12345678", code=2, PGSWARM_DATABASE_URL=db.url).err
    assert "Name the swarm" in pgswarm("watch", "--after", "3", code=2, PGSWARM_DATABASE_URL=db.url).err
