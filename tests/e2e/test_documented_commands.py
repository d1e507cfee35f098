"""Every command of the README and the documents, typed as it stands there, does its work; so does the SQL of two.

Ids in the documents are made up: each stands for one of a real swarm, which is put in its place. What cannot be run
here is named, with the test that runs it.
"""

import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from pgswarm.cli.backup.clients import client_programs
from pgswarm.cli.embedded import Home, ensure_running
from support.running import ROOT, environment
from support.wait import wait_until

PAGES = [
    *(ROOT / name for name in ("README.md", "examples/README.md")),
    *(ROOT / "docs" / f"{name}.md" for name in ("commands", "sql", "models", "api", "time", "memory")),
]
SQL_PAGES = ("README.md", "time.md")
SQL = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ELSEWHERE = {
    "./demo": "tests/e2e/test_demo.py",
    "./test": "it runs these tests",
    ".ci/run": "it runs these tests",
    "docker": "tests/e2e/containers",
    "pgswarm memory add https://": "tests/db/processor/test_memory_import.py, with a site of the tests' own",
    "pgswarm memory add git+https://": "the same",
    "pgswarm outside login": "tests/db/outside/test_oauth.py, with an authorization server of the tests' own",
    "pip install pgswarm": "the package step of .ci/run",
    "export PGSWARM_DATABASE_URL=": "every test of tests/e2e/test_commands.py",
    "OPENAI_BASE_URL=": "tests/e2e/models, with a server of the tests' own",
    "python -P tests/servers/": "a command outside CI: it installs a model server",
}
STAYS = ("pgswarm up", "pgswarm processor", "pgswarm watch")
ANY_PORT = ("--port 8080", "--port 0")  # another process may have that one
ENDED, ASKS, OPEN, QUESTION = "019a2b3c4d5e", "7f8e9dacbdce", "6c5b4a392817", "5e4d3c2b1a90"
DEADLINE_S = 120
TYPED = "the board\n"  # to whatever asks
START = "select pgswarm.start_swarm('try it', %s)"


def commands(page: Path) -> list[str]:
    found: list[str] = []
    for block in FENCE.finditer(page.read_text()):
        lines = block[1].replace("\\\n", " ").splitlines()
        if block[0].startswith("```console"):
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        found += [line for line in lines if shlex.split(line, comments=True)]
    return found


def elsewhere(line: str) -> str | None:
    return next((test for start, test in ELSEWHERE.items() if line.startswith(start)), None)


@dataclass
class Desk:
    """Where the commands are typed: a folder, a home, and a `pgswarm` on the PATH."""

    folder: Path
    variables: dict[str, str]
    ids: dict[str, str]
    swarm_id: str = ""

    def type(self, line: str) -> None:
        for shown, real in [*self.ids.items(), ANY_PORT]:
            line = line.replace(shown, real)
        stays = line.split("#")[0].strip() in STAYS or line.startswith("pgswarm api")
        with subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", f"exec {line}" if stays else line],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                if stays:
                    self._wait_until_it_works(process)
                    process.send_signal(signal.SIGTERM)
                said, _ = process.communicate(TYPED, timeout=DEADLINE_S)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        assert process.returncode in ({0, 130} if stays else {0}), f"{line}\n{said}"

    def _wait_until_it_works(self, process: subprocess.Popen[str]) -> None:
        """Wait until the command has said something, or a worker of its own process is there."""
        assert process.stdout is not None
        out = process.stdout
        query = "select 1 from pgswarm.worker where pid = %s and expires_at > now()"
        with psycopg.connect(self.url, autocommit=True) as connection:
            wait_until(
                lambda: (
                    select.select([out], [], [], 0)[0]
                    or connection.execute(query, [process.pid]).fetchone()
                    or process.poll() is not None
                ),
                f"{process.args!r} works",
                within_s=60,
            )

    @property
    def url(self) -> str:
        return ensure_running(Home(Path(self.variables["PGSWARM_HOME"]))).url


@pytest.fixture
def desk(folder: Path) -> Desk:
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "notes.md").write_text("# Notes\n\nWe ship on Fridays. The board decides in March.\n")
    (folder / "papers").mkdir()
    (folder / "papers" / "offer.txt").write_text("We deliver turbines.\n")
    shutil.make_archive(str(folder / "papers"), "zip", folder, "papers")
    (folder / "user").mkdir()
    command = folder / "bin" / "pgswarm"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m pgswarm.cli.main "$@"\n')
    command.chmod(0o755)
    path = os.pathsep.join([str(command.parent), str(client_programs()), os.environ["PATH"]])
    variables = environment(PATH=path, HOME=str(folder / "user"), PGSWARM_HOME=str(folder / "home"))
    made = Desk(folder, variables, {})
    made.type("pgswarm migrate")
    prepare(made)
    return made


def prepare(desk: Desk) -> None:
    """Start the swarms that the documents' ids stand for: one that ends, and two that ask."""
    with psycopg.connect(desk.url, autocommit=True) as connection:
        ended, asks, stays = (
            str(connection.execute(START, [action]).fetchall()[0][0])
            for action in ("bench/noop", "bench/ask", "bench/ask")
        )
        desk.type("pgswarm processor --once")
        query = "select question_id from pgswarm.question where swarm_id = %s"
        question = str(connection.execute(query, [asks]).fetchall()[0][0])
    desk.swarm_id = ended
    desk.ids |= {ENDED: ended, ASKS: asks, OPEN: stays, QUESTION: question}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_the_page_does_its_work(desk: Desk, page: Path) -> None:
    for line in commands(page):
        if elsewhere(line) is None:
            desk.type(line)
    if page.name in SQL_PAGES:
        (desk.folder / "page.sql").write_text("\n".join(SQL.findall(page.read_text())))
        psql = 'psql "$(pgswarm db url)" --no-psqlrc --quiet --set ON_ERROR_STOP=1'
        desk.type(f"{psql} --set swarm={desk.swarm_id} --file page.sql")


def test_what_is_run_elsewhere_is_still_in_a_document() -> None:
    lines = [line for page in [*PAGES, ROOT / "docs/testing.md"] for line in commands(page)]
    assert [start for start in ELSEWHERE if not any(line.startswith(start) for line in lines)] == []
