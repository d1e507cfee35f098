"""What dies while a tool is called, server or processor: nothing is done twice without a person's word."""

import json
import os
import sys
from pathlib import Path

from support.connections import desk as desk_module
from support.connections.worker import Worker
from support.database import Database
from support.processors import Processors, start_swarm, swarm_ended
from support.wait import wait_until

FILE = """
[mcp.desk]
command = [{python}, {desk}]
env = {{ DESK_NOTES = {notes} }}
only = ["deadly_letter"]
connect_timeout_s = 60
"""


async def test_a_server_that_dies_while_a_tool_runs_leaves_it_to_a_person(worker: Worker) -> None:
    await worker.desk_process(only=["stumble"])
    swarm_id = worker.start("mcp/desk/stumble")
    await worker.until(worker.asked)
    assert "whether 'mcp/desk/stumble, call 1'" in worker.asked()[0]["prompt"]
    worker.answer("no")
    await worker.work()
    assert worker.root(swarm_id)["report"] == "Seen."
    assert worker.done() == ["stumbled", "stumbled"]


async def test_a_tool_that_may_be_repeated_is_called_again_without_a_question(worker: Worker) -> None:
    await worker.desk_process(only=["stumble"], repeat=["stumble"])
    swarm_id = worker.start("mcp/desk/stumble")
    await worker.until(lambda: worker.root(swarm_id)["status"] == "terminated")
    assert worker.root(swarm_id)["report"] == "Seen."
    assert worker.db.value("select count(*) from pgswarm.question") == 0


def test_a_call_that_a_killed_processor_began_is_not_repeated(
    db: Database, processors: Processors, tmp_path: Path
) -> None:
    notes, pid_file, file = tmp_path / "notes", tmp_path / "pid", tmp_path / "connections.toml"
    words = {"python": sys.executable, "desk": desk_module.__file__, "notes": str(notes)}
    file.write_text(FILE.format(**{name: json.dumps(word) for name, word in words.items()}))
    env = {"PGSWARM_CONNECTIONS": str(file), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    first = processors.start(env=env)
    known = "select action_id from pgswarm.action where action_id = 'mcp/desk/deadly_letter'"
    wait_until(lambda: db.rows(known), "the tool is registered", within_s=60)
    pid_file.write_text(str(first.pid))
    swarm_id = start_swarm(db, "mcp/desk/deadly_letter", {"pid_file": str(pid_file)})
    assert first.ended(60) < 0
    processors.start(env=env)
    asked = "select question_id from pgswarm.question where closed_at is null"
    (question,) = wait_until(lambda: db.rows(asked), "a person is asked", within_s=60)
    db.run("select pgswarm.answer_question(%(id)s, 'true')", id=question["question_id"])
    report = swarm_ended(db, swarm_id)["report"]
    assert report == "mcp/desk/deadly_letter was called, as a person found; what it returned is not known."
    assert notes.read_text().splitlines() == ["deadly letter"]
