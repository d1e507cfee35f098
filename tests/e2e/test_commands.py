"""The commands on swarms, as a person uses them: real processes, a real processor."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.command import ME
from support.database import Database


class Desk:
    """The command line of somebody who works on one database."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def say(self, *arguments: str, code: int = 0) -> str:
        return ME.pgswarm(*arguments, code=code, PGSWARM_DATABASE_URL=self.db.url)

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.say(*arguments, "--json").splitlines()]

    def start(self, action: str, args: dict[str, Any], goal: str = "try it") -> str:
        query = "select pgswarm.start_swarm(goal => %(goal)s, action => %(action)s, args => %(args)s::jsonb)"
        return str(self.db.value(query, goal=goal, action=action, args=json.dumps(args)))

    def work(self) -> None:
        self.say("processor", "--once")


@pytest.fixture
def desk(db: Database) -> Desk:
    found = Desk(db)
    found.work()  # registers the actions
    return found


def test_a_swarm_is_watched_answered_and_ends(desk: Desk) -> None:
    swarm = desk.start("bench/ask", {"questions": 2}, "what is asked")
    desk.work()
    (listed,) = desk.lines("swarms")
    assert (listed["swarm_id"], listed["waiting_user"], listed["open_questions"]) == (swarm, 1, 2)
    first, second = (row["question_id"] for row in desk.lines("inbox"))
    assert "Accepted" in desk.say("answer", first[-9:], "blue")
    assert "blue" in desk.say("show", swarm, node_of(desk, swarm))
    assert "answered it already" in desk.say("answer", first, "red", code=1)
    assert desk.lines("answer", second, "green") == [{"question_id": second, "verdict": "accepted"}]
    desk.work()
    said = desk.say("show", swarm[:13])
    assert "stands on" not in said
    assert "succeeded" in said
    assert "what is asked" in said
    assert "blue" in said
    assert "green" in said
    assert "no open questions" in desk.say("inbox")


def test_run_starts_from_a_blueprint_by_its_name_and_show_says_which_version(desk: Desk) -> None:
    for _ in range(2):
        desk.db.run("select pgswarm.create_blueprint('careful', settings => '{\"budget\": {\"nodes\": 7}}')")
    desk.say("run", "a load", "--action", "bench/noop", "--blueprint", "careful", "--no-input", "--processors", "1")
    (swarm,) = desk.lines("swarms")
    assert desk.db.value("select max_nodes from pgswarm.swarm") == 7
    desk.db.run("select pgswarm.create_blueprint('careful')")
    assert "careful, version 2 (the newest is 3)" in desk.say("show", swarm["swarm_id"])
    desk.say("run", "a load", "--action", "bench/noop", "--blueprint", "careless", "--no-input", code=2)


def test_files_of_a_workspace_are_listed_printed_and_kept(desk: Desk, tmp_path: Path) -> None:
    swarm = desk.start("files/save", {"path": "src/a.txt", "content": "some text"})
    desk.work()
    assert [(row["path"], row["size"]) for row in desk.lines("files", swarm)] == [("src", 0), ("src/a.txt", 9)]
    assert desk.say("files", swarm, "src/a.txt") == "some text"
    kept = tmp_path / "a.txt"
    desk.say("files", swarm, "src/a.txt", "--output", str(kept))
    assert kept.read_bytes() == b"some text"
    assert "is there already" in desk.say("files", swarm, "src/a.txt", "--output", str(kept), code=2)
    assert "no such file" in desk.say("files", swarm, "../a.txt", code=2)


def node_of(desk: Desk, swarm: str) -> str:
    (shown,) = desk.lines("show", swarm)
    return str(shown["nodes"][0]["node_id"])


def test_an_answer_is_read_from_standard_input(desk: Desk) -> None:
    desk.start("bench/ask", {"questions": 1})
    desk.work()
    (question,) = desk.lines("inbox")
    said = desk.say("answer", question["question_id"], code=2)  # its standard input is at its end
    assert "the answer is empty" in said


def test_pause_resume_and_cancel_say_what_they_did(desk: Desk) -> None:
    swarm = desk.start("bench/noop", {})
    assert desk.say("pause", swarm) == "Paused.\n"
    assert desk.say("pause", swarm) == "Nothing to do: the swarm is paused (user).\n"
    desk.work()
    assert desk.lines("show", swarm)[0]["nodes"][0]["status"] == "pending"
    assert desk.say("resume", swarm, "--budget", "nodes=50,cost_usd=2.5") == "Goes on.\n"
    assert desk.db.row("select max_nodes, max_cost_usd from pgswarm.swarm") == {"max_nodes": 50, "max_cost_usd": 2.5}
    assert "is not a limit" in desk.say("resume", swarm, "--budget", "apples=3", code=2)
    assert desk.lines("cancel", swarm) == [
        {"swarm_id": swarm, "node_id": None, "changed": True, "status": "terminated"}
    ]
    assert desk.say("cancel", swarm) == "Nothing to do: the swarm is cancelled.\n"


def test_a_person_tells_changes_retries_and_deletes(desk: Desk) -> None:
    swarm = desk.start("bench/fan_out", {"width": 2, "depth": 1})
    desk.say("pause", swarm)
    root = node_of(desk, swarm)
    assert desk.say("tell", swarm, "Mind the gap.") == "Said: the next activation of every node reads it.\n"
    assert desk.lines("tell", swarm, "You too.", "--node", root[-8:])[0]["node_id"] == root
    assert desk.db.value("select array_agg(content order by at) from pgswarm.message") == ["Mind the gap.", "You too."]
    assert desk.say("change", swarm, root, "Do less") == "Changed.\n"
    assert desk.say("change", swarm, root, "Do less") == "Nothing to do: that is its directive already.\n"
    assert "nodes        50\n" in desk.say("budget", swarm, "nodes=50")
    assert desk.lines("budget", swarm)[0]["nodes"] == 50
    assert "only a terminated one can be retried" in desk.say("retry", swarm, root, code=1)
    assert "has not terminated" in desk.say("delete", swarm, "--yes", code=1)
    desk.say("cancel", swarm)
    assert "Say it with --yes." in desk.say("delete", swarm, code=2)
    assert desk.say("delete", swarm, "--yes") == "Deleted.\n"
    assert desk.lines("swarms") == []


def test_show_says_why_a_node_failed(desk: Desk) -> None:
    swarm = desk.start("code/run_python", {"code": "1 / 0"})
    desk.work()
    assert "\n   code_failed: " in desk.say("show", swarm)


def test_one_node_is_cancelled_with_all_below_it(desk: Desk) -> None:
    swarm = desk.start("bench/fan_out", {"width": 2, "depth": 1})
    root = node_of(desk, swarm)
    assert desk.say("cancel", swarm, "--node", root[-8:]) == "Cancelled.\n"
    assert desk.lines("show", swarm, root)[0]["node"]["outcome"] == "cancelled"
    assert "ended already" in desk.say("cancel", swarm, "--node", root)


def test_a_tree_is_drawn_from_the_top_and_says_what_it_left_out(desk: Desk) -> None:
    swarm = desk.start("bench/fan_out", {"width": 3, "depth": 2})
    desk.work()
    said = desk.say("show", swarm, "--limit", "5")
    assert said.count("✔ bench/fan_out") == 5
    assert "and 8 more nodes" in said
    assert len(desk.lines("show", swarm)[0]["nodes"]) == 13


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "no-id"), "is not the id of a swarm"),
        (("show", "abc"), "too short"),
        (("show", "00000000-0000-0000-0000-000000000000"), "there is no swarm"),
        (("pause", "ffffffff"), "there is no swarm"),
        (("answer", "12345678", "yes"), "there is no question"),
        (("swarms", "--status", "lost"), "there is no status"),
        (("swarms", "--limit", "0"), "--limit"),
        (("no-such-command",), "No such command"),
    ],
)
def test_wrong_arguments_end_with_2_and_say_what_is_right(db: Database, arguments: tuple[str, ...], said: str) -> None:
    assert said in Desk(db).say(*arguments, code=2)


def test_an_id_that_fits_two_swarms_is_refused(desk: Desk) -> None:
    swarms = [desk.start("bench/noop", {}) for _ in range(2)]
    length = next(i for i, (a, b) in enumerate(zip(*swarms, strict=True)) if a != b)
    assert "fits more than one swarm" in desk.say("show", swarms[0][:length], code=2)
    assert swarms[1] in desk.say("show", swarms[1])


def test_a_database_without_pgswarm_is_left_alone(empty_db: Database) -> None:
    said = Desk(empty_db).say("swarms", code=4)
    assert "pgswarm migrate" in said
    assert empty_db.rows("select from pg_namespace where nspname = 'pgswarm'") == []


def test_a_database_that_a_newer_pgswarm_migrated_is_refused(db: Database) -> None:
    db.run("update pgswarm.alembic_version set version_num = '9999'")
    for command in ("swarms", "migrate"):
        said = Desk(db).say(command, code=4)
        assert "9999" in said
        assert "upgrade pgswarm" in said


def test_a_database_that_does_not_answer_ends_with_4_and_keeps_the_password() -> None:
    said = ME.pgswarm("swarms", code=4, PGSWARM_DATABASE_URL="postgresql://me:s3cret@127.0.0.1:1/none")
    assert "cannot be reached" in said
    assert "s3cret" not in said


def test_doctor_finds_nothing_wrong_with_a_new_database(desk: Desk) -> None:
    found = {row["check"]: row for row in desk.lines("doctor")}
    assert {"database", "schema", "roles", "invariants", "stuck", "model"} <= found.keys()
    assert [row for row in found.values() if row["state"] == "fault"] == []


def test_doctor_says_that_work_waits_for_a_processor(desk: Desk) -> None:
    desk.start("bench/noop", {})
    said = desk.say("doctor", code=1)
    assert "nodes are waiting" in said
    assert "pgswarm processor" in said


def test_doctor_tells_every_fault_and_goes_on() -> None:
    url = "postgresql://me:s3cret@127.0.0.1:1/none"
    said = ME.pgswarm("doctor", code=1, PGSWARM_DATABASE_URL=url, OPENAI_BASE_URL="http://127.0.0.1:1/v1")
    assert said.count("fault ") == 2
    assert "Start it, or correct OPENAI_BASE_URL" in said
    assert "s3cret" not in said


@pytest.mark.breaks_invariants
def test_doctor_shows_an_invariant_that_is_broken(desk: Desk) -> None:
    desk.start("bench/noop", {})
    desk.work()
    desk.db.run("set session_replication_role = replica")  # past every guard
    desk.db.run("update pgswarm.node set status = 'pending', outcome = null, terminated_at = null")
    said = desk.say("doctor", code=1)
    assert "fault  invariants" in said


def test_version_and_help_need_no_database() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    assert ME.pgswarm("--version", PGSWARM_DATABASE_URL=nowhere).startswith("pgswarm ")
    assert "Examples:\n    pgswarm swarms\n" in ME.pgswarm("swarms", "--help", PGSWARM_DATABASE_URL=nowhere)
