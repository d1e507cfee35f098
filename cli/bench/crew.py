"""Processors that a command starts beside itself. Rule: they are there when the block begins and gone when it ends."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pgswarm.cli.exits import CommandError

READY_S = 60
STOP_S = 20
POLL_S = 0.05
ALIVE = "select pid from pgswarm.worker where stopped_at is null and not draining and expires_at > pgswarm.clock()"


@contextmanager
def processors(connection: Any, url: str, count: int, concurrency: int) -> Iterator[None]:
    """Start `count` processors and wait until they are registered; stop them at the end."""
    environment = os.environ | {"PGSWARM_DATABASE_URL": url}
    command = [sys.executable, "-m", "pgswarm.processor", "--concurrency", str(concurrency)]
    started: list[subprocess.Popen[bytes]] = []
    try:
        while len(started) < count:
            started.append(subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL))  # noqa: S603 - our own
        _wait_until_ready(connection, started)
        yield
    finally:
        _stop(started)


def alive(connection: Any) -> set[int]:
    """Return the process ids of the workers whose leases live."""
    return {row["pid"] for row in connection.execute(ALIVE).fetchall()}


def _wait_until_ready(connection: Any, started: Sequence[subprocess.Popen[bytes]]) -> None:
    wanted = {process.pid for process in started}
    end = time.monotonic() + READY_S
    while not wanted <= alive(connection):
        ended = [process for process in started if process.poll() is not None]
        if ended:
            raise CommandError(f"a processor ended with exit code {ended[0].returncode}", "What it said stands above.")
        if time.monotonic() > end:
            raise CommandError(f"the processors were not ready within {READY_S} s", "Is the machine overloaded?")
        time.sleep(POLL_S)


def _stop(started: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in started:
        process.terminate()
    end = time.monotonic() + STOP_S
    for process in started:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
