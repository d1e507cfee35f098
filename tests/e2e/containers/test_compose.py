"""The compose file for real: four processors, one of them killed under load.

Run with `./test --containers tests/e2e/containers`, where an engine answers; the base images may be named by
`PYTHON_IMAGE` and `POSTGRES_IMAGE`.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.wait import wait_until

COMPOSE_FILE = Path(__file__).parents[3] / "deploy" / "compose.yaml"
PROCESSORS = 4
WIDTH = 3000
BUSY = "select count(distinct lease_owner) from pgswarm.node where swarm_id = :'swarm' and status = 'running'"
ENDED = "select outcome from pgswarm.swarm where swarm_id = :'swarm' and status = 'terminated'"
OUTCOMES = "select outcome, count(*) from pgswarm.node where swarm_id = :'swarm' group by outcome"
TAKEN_OVER = "select count(*) from pgswarm.event where swarm_id = :'swarm' and verb = 'expire'"
pytestmark = [pytest.mark.containers, pytest.mark.timeout(900), pytest.mark.xdist_group("containers")]


class Project:
    """One run of the compose file, under a name of its own."""

    def __init__(self) -> None:
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
        command = ["docker", "compose"] if plugin else [shutil.which("docker-compose") or "docker-compose"]
        self._command = [*command, "--project-name", f"pgswarm-test-{os.getpid()}", "--file", str(COMPOSE_FILE)]

    def compose(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [*self._command, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def sql(self, statement: str, **variables: str) -> str:
        """Return what psql prints; a variable is written `:'name'`."""
        given = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
        psql = ["psql", "-U", "pgswarm", "-XqAt", "-v", "ON_ERROR_STOP=1", *given]
        return self.compose("exec", "-T", "postgres", *psql, stdin=statement)

    def processors(self) -> list[str]:
        return self.compose("ps", "--quiet", "processor").split()


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    project = Project()
    try:
        project.compose("up", "--build", "--detach", "--scale", f"processor={PROCESSORS}")
        yield project
    finally:
        project.compose("down", "--volumes", "--timeout", "5")


def test_swarm_ends_right_although_a_container_is_killed_under_load(project: Project) -> None:
    living = "select count(*) from pgswarm.worker where expires_at > now() and not draining"
    wait_until(lambda: project.sql(living) == str(PROCESSORS), "every processor has registered", within_s=120)

    args = f'{{"width": {WIDTH}, "depth": 1, "sleep_ms": 500}}'
    start = "select pgswarm.start_swarm('load', action => 'bench/fan_out', args => :'args')"
    swarm = project.sql(start, args=args)
    wait_until(lambda: project.sql(BUSY, swarm=swarm) == str(PROCESSORS), "every processor works on it", within_s=60)
    subprocess.run(["docker", "kill", "--signal", "KILL", project.processors()[0]], check=True, capture_output=True)
    assert project.sql("select status from pgswarm.swarm where swarm_id = :'swarm'", swarm=swarm) == "active"

    assert wait_until(lambda: project.sql(ENDED, swarm=swarm), "the swarm has ended", within_s=180) == "succeeded"
    assert project.sql(OUTCOMES, swarm=swarm) == f"succeeded|{WIDTH + 1}"
    assert int(project.sql(TAKEN_OVER, swarm=swarm)) > 0
    assert project.sql("select * from pgswarm.check_invariants()") == ""


def test_processes_in_the_containers_are_not_root_and_cannot_write_their_image(project: Project) -> None:
    container = project.processors()[-1]
    whoami = subprocess.run(["docker", "exec", container, "id", "-u"], capture_output=True, text=True, check=True)
    assert whoami.stdout.strip() == "10001"
    write = subprocess.run(["docker", "exec", container, "touch", "/opt/pgswarm/x"], capture_output=True, check=False)
    assert write.returncode != 0


def test_processor_container_that_is_stopped_drains_within_its_grace_period(project: Project) -> None:
    container = project.processors()[-1]
    subprocess.run(["docker", "stop", "--time", "30", container], check=True, capture_output=True)
    state = ["docker", "inspect", "--format", "{{.State.ExitCode}}", container]
    assert subprocess.run(state, capture_output=True, text=True, check=True).stdout.strip() == "0"


def test_the_api_answers_in_a_container_of_its_own(project: Project) -> None:
    ask = "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:8000/readyz', timeout=5).status)"

    def status() -> str:
        return project.compose("exec", "-T", "api", "python3", "-c", ask)

    wait_until(lambda: project.compose("ps", "--quiet", "--status", "running", "api"), "the API runs", within_s=60)
    assert wait_until(status, "it is ready", within_s=60) == "200"
