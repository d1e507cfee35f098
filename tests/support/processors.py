"""Real processors of a test: started as processes, and gone when the test is over."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from support.database import Database
from support.wait import wait_until

OUTSIDE: Final = Path(__file__).parent / "outside"
ENDS_WITHIN_S: Final = 30


class ProcessorProcess:
    """One processor. `lease_s` is short, so that takeovers are quick."""

    def __init__(
        self, url: str, log: Path, *arguments: str, env: dict[str, str] | None = None, script: str = ""
    ) -> None:
        """Start it, or a `script` that makes one; what it says goes to `log`."""
        self._log = log
        what = ["-c", script] if script else ["-m", "pgswarm.processor", "--log", "info"]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *what, *arguments],
                env=environment(url) | (env or {}),
                stdout=out,
                stderr=out,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        """Return everything that it has said so far."""
        return self._log.read_text()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it as a power cut would, and wait until it is gone."""
        self.process.kill()
        self.process.wait(ENDS_WITHIN_S)

    def ended(self, within_s: float = ENDS_WITHIN_S) -> int:
        """Wait for its end; return the exit code (-9 when it was killed)."""
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the processor has not ended within {within_s} s; it said:\n{self.said()}") from None


def environment(url: str) -> dict[str, str]:
    """Return what a processor's process needs: the database, and the actions of the other package."""
    paths = [str(OUTSIDE), *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PGSWARM_", "OPENAI_"))}
    return kept | {"PGSWARM_DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(paths)}


class Processors:
    """Starts processors on a test's database."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self.started: list[ProcessorProcess] = []

    def start(self, *arguments: str, env: dict[str, str] | None = None, lease_s: float = 1.0) -> ProcessorProcess:
        """Start one; it is not waited for."""
        log = self._folder / f"processor-{len(self.started)}.log"
        made = ProcessorProcess(self._db.url, log, "--lease", str(lease_s), *arguments, env=env)
        self.started.append(made)
        return made

    def once(self, *arguments: str) -> None:
        """Run one with `--once` to its end."""
        made = self.start("--once", *arguments, lease_s=15)
        assert made.ended() == 0, made.said()

    def end(self) -> None:
        for made in self.started:
            if made.process.poll() is None:
                made.signal(signal.SIGCONT)
                made.kill()


def start_swarm(db: Database, action: str, args: dict[str, Any] | None = None, **options: Any) -> str:
    """Start a swarm and return its id."""
    from psycopg.types.json import Jsonb

    return str(
        db.value(
            "select pgswarm.start_swarm('test', %(action)s, %(args)s, options => %(options)s)",
            action=action,
            args=Jsonb(args or {}),
            options=Jsonb(options),
        )
    )


def register_actions(db: Database) -> None:
    """Make the actions known, as a processor's start does, so that swarms can be started before there is one."""
    from support.outside_registry import specs

    db.run("select pgswarm.register_actions(%(specs)s)", specs=specs())


def swarm_ended(
    db: Database, swarm_id: str, within_s: float = 30, meanwhile: Callable[[], object] = lambda: None
) -> dict[str, Any]:
    """Wait until a swarm has ended, and do `meanwhile` again and again; return its row."""

    def ended() -> dict[str, Any] | None:
        meanwhile()
        row = db.row("select * from pgswarm.swarm where swarm_id = %(id)s", id=swarm_id)
        return row if row["status"] == "terminated" else None

    try:
        return wait_until(ended, "the swarm has ended", within_s=within_s)
    except AssertionError as error:
        nodes = db.rows(
            """select action, handler, status, attempt, activation, error, lease_owner, available_at - now() as due
                 from pgswarm.node where status <> 'terminated' limit 5"""
        )
        workers = db.rows("select worker_id, expires_at - now() as lives, stopped_reason from pgswarm.worker")
        raise AssertionError(f"{error}\nnot terminated: {nodes}\nworkers: {workers}") from None
