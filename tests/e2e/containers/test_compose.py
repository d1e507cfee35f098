"""The compose file for real: four processors, one of them killed under load, and the API beside them.

Run with `./test --containers tests/e2e/containers`, where an engine answers; the base images may be named by
`PYTHON_IMAGE` and `POSTGRES_IMAGE`.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgswarm.client import Client, Patience
from support.wait import wait_until

COMPOSE_FILE = Path(__file__).parents[3] / "deploy" / "compose.yaml"
PROCESSORS = 4
WIDTH, SLEEP_MS = 3000, 3000  # long enough for the few seconds that each of compose's commands takes
FEW = 200
WHO = ("mina", "a long sentence is a good password")
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
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._environment = {**os.environ, "PGSWARM_PORT": str(self.port)}
        self._command = [*command, "--project-name", f"pgswarm-test-{os.getpid()}", "--file", str(COMPOSE_FILE)]

    def compose(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            input=stdin,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def sql(self, statement: str, **variables: str) -> str:
        """Return what psql prints; a variable is written `:'name'`."""
        given = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
        psql = ["psql", "-U", "pgswarm", "-XqAt", "-v", "ON_ERROR_STOP=1", *given]
        return self.compose("exec", "-T", "postgres", *psql, stdin=statement)

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--quiet", service).split()

    def inside(self, container: str, *command: str, user: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in a container, and return how it ended."""
        as_user = ["--user", user] if user else []
        return subprocess.run(
            ["docker", "exec", *as_user, container, *command], capture_output=True, text=True, check=False, timeout=60
        )


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

    first, *_ = project.containers("processor")
    args = f'{{"width": {WIDTH}, "depth": 1, "sleep_ms": {SLEEP_MS}}}'
    start = "select pgswarm.start_swarm('load', action => 'bench/fan_out', args => :'args')"
    swarm = project.sql(start, args=args)
    wait_until(lambda: project.sql(BUSY, swarm=swarm) == str(PROCESSORS), "every processor works on it", within_s=60)
    subprocess.run(["docker", "kill", "--signal", "KILL", first], check=True, capture_output=True)
    assert project.sql("select status from pgswarm.swarm where swarm_id = :'swarm'", swarm=swarm) == "active"

    assert wait_until(lambda: project.sql(ENDED, swarm=swarm), "the swarm has ended", within_s=180) == "succeeded"
    assert project.sql(OUTCOMES, swarm=swarm) == f"succeeded|{WIDTH + 1}"
    assert int(project.sql(TAKEN_OVER, swarm=swarm)) > 0
    assert project.sql("select * from pgswarm.check_invariants()") == ""


@pytest.mark.parametrize("service", ["processor", "api"])
def test_processes_in_the_containers_are_not_root_and_nobody_can_write_their_image(
    project: Project, service: str
) -> None:
    container = project.containers(service)[-1]
    assert project.inside(container, "id", "-u").stdout.strip() == "10001"
    for user in ("10001", "0"):
        write = project.inside(container, "touch", "/opt/pgswarm/x", user=user)
        assert write.returncode != 0
        assert "Read-only file system" in write.stderr
    assert project.inside(container, "python3", "-c", "import tempfile; tempfile.TemporaryFile()").returncode == 0


def test_code_runs_confined_in_a_container_too(project: Project) -> None:
    found = project.inside(project.containers("processor")[-1], "pgswarm", "sandbox", "check")
    assert found.returncode == 0, found.stdout + found.stderr
    args = '{"code": "import os; print(6 * 7, sorted(os.environ)[:1])"}'
    command = ["run", "Six times seven", "--action", "code/run_python", "--args", args, "--no-input"]
    assert "42 ['HOME']" in project.compose("run", "--rm", "-T", "pgswarm", *command)


def test_processor_container_that_is_stopped_drains_within_its_grace_period(project: Project) -> None:
    container = project.containers("processor")[-1]
    subprocess.run(["docker", "stop", "--time", "30", container], check=True, capture_output=True)
    state = ["docker", "inspect", "--format", "{{.State.ExitCode}}", container]
    assert subprocess.run(state, capture_output=True, text=True, check=True).stdout.strip() == "0"


def test_the_api_streams_a_swarm_to_its_end_to_a_client_outside_although_it_is_restarted(project: Project) -> None:
    patience = Patience(in_all_s=120)
    with Client(f"http://127.0.0.1:{project.port}", patience=patience) as client:
        client.signup(*WHO)
        client.login(*WHO)
        started = client.start("a few", action="bench/fan_out", args={"width": FEW, "sleep_ms": 100})
        seqs = []
        for event in client.events(started.swarm_id, within_s=180):
            seqs.append(event.seq)
            if event.seq == FEW:
                project.compose("restart", "--timeout", "10", "api")
        assert seqs == list(range(1, len(seqs) + 1))
        assert client.swarm(started.swarm_id).outcome == "succeeded"
        assert client.swarm(started.swarm_id).nodes == FEW + 1
        assert next(iter(client.workers())).alive


def test_a_goal_is_run_to_its_end_by_one_command_in_a_container(project: Project) -> None:
    said = project.compose("run", "--rm", "-T", "pgswarm", "run", "nothing", "--action", "bench/noop", "--no-input")
    assert "Succeeded" in said
    assert project.sql("select * from pgswarm.check_invariants()") == ""
