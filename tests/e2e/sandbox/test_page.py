"""What docs/sandbox.md shows, and what doctor says: each command as it stands there, on a test's own database."""

import re
import shlex
import subprocess

import pytest

from pgswarm.actions.sandbox.inside.probe import ALONE, ATTEMPTS
from support.database import Database
from support.processors import Processors, register_actions, start_swarm, swarm_ended
from support.running import COMMAND, ROOT, environment, pgswarm

PAGE = (ROOT / "docs/sandbox.md").read_text()
COMMANDS = re.findall(r"^\$ pgswarm (.*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_of_the_page_does_its_work(db: Database, command: str) -> None:
    register_actions(db)
    said = pgswarm(*shlex.split(command), PGSWARM_DATABASE_URL=db.url)
    for part, wanted in (("6 * 7", "42"), ("pwd", "/work"), ("check", "survivors: held"), ("test_python", "packages")):
        if part in command:
            assert wanted in said.out


def test_handler_of_the_page_does_its_work(db: Database, processors: Processors) -> None:
    (body,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    swarm_id = start_swarm(db, "outside/body", {"body": body})
    processors.once()
    assert swarm_ended(db, swarm_id)["report"] == "A,B\n"


def test_runner_of_the_page_serves() -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    started = script.replace("pgswarm ", f"exec {shlex.join(COMMAND)} ").replace("--port 8100", "--port 0")
    with subprocess.Popen(["sh", "-c", started], env=environment(), stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout is not None
        assert re.fullmatch(r"http://0\.0\.0\.0:\d+ \((bwrap|landlock)\)\n", runner.stdout.readline())
        runner.terminate()


def test_query_of_the_page_shows_the_workspace(db: Database) -> None:
    (query,) = re.findall(r"```sql\n(.*?);\n```", PAGE, re.DOTALL)
    assert db.conn.execute(query.replace(":'swarm'", "gen_random_uuid()")).fetchall() == []


def test_doctor_names_the_level_and_what_was_tried(db: Database) -> None:
    said = pgswarm("doctor", PGSWARM_DATABASE_URL=db.url).out
    assert f"; {len(ATTEMPTS) + len(ALONE)} attempts to break out failed (network, " in said


def test_unsafe_is_said_in_doctor_and_on_the_screen(db: Database) -> None:
    said = pgswarm("doctor", code=1, PGSWARM_DATABASE_URL=db.url, PGSWARM_SANDBOX="unsafe").out
    assert "fault  sandbox     UNSAFE: code of models runs unconfined" in said
    register_actions(db)
    args = ("--action", "code/run_command", "--args", '{"command": "ls /proc | grep -c self"}')
    ran = pgswarm("run", "look", *args, "--sandbox", "unsafe", PGSWARM_DATABASE_URL=db.url)
    assert "UNSAFE: code that models write runs unconfined on this machine." in ran.err
