"""`pgswarm` commands as real processes: with a pipe, or with a terminal (a pseudo-terminal of the standard library)."""

import csv
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-P", "-m", "pgswarm.cli.main")
DEADLINE_S = 90.0
TEXT, TABLE = ROOT / "examples/us-constitution.txt", ROOT / "examples/seattle-weather.csv"
GOAL = (
    "Summarise each file, work out the total precipitation for each kind of weather, find what the Constitution says "
    "about the census and quote the place, and write a one-page report (ask me who it is for)."
)
MAIN_JOB = ("run", GOAL, "--file", str(TEXT), "--file", str(TABLE))
ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>78]")


def environment(**more: str) -> dict[str, str]:
    """The environment of a person who has set nothing but what is given."""
    others = ("PGSWARM_", "OPENAI_", "COLUMNS", "LINES")  # pytest-xdist says that terminals are 80 wide
    keep = {key: value for key, value in os.environ.items() if not key.startswith(others)}
    return {**keep, "PYTHONPATH": str(ROOT / "src"), **more}


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a command."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its standard output as lines of JSON: every one must be."""
        return [json.loads(line) for line in self.out.splitlines()]


def pgswarm(*arguments: str, typed: str = "", code: int = 0, **variables: str) -> Ended:
    """Run a command to its end, which must have this exit code; `typed` is its whole standard input."""
    with started(*arguments, **variables) as process:
        out, err = process.communicate(typed, timeout=DEADLINE_S)
    assert process.returncode == code, f"exit code {process.returncode}\n{out}\n{err}"
    return Ended(process.returncode, out, err)


@contextmanager
def started(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command with pipes; kill it at the end, if it still runs."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*COMMAND, *arguments], env=environment(**variables), stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def processors_of(pid: int) -> list[psutil.Process]:
    """The processors that a command has started."""
    return [child for child in psutil.Process(pid).children() if "pgswarm.cli.workers.child" in child.cmdline()]


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, *arguments: str, size: tuple[int, int] = (40, 120), **variables: str) -> None:
        self.pid, self._handle = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [*COMMAND, *arguments], environment(TERM="xterm-256color", **variables))
        fcntl.ioctl(self._handle, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self._raw = b""

    @property
    def shown(self) -> str:
        """All that was written to it so far, without the terminal's control sequences."""
        return ESCAPES.sub("", self._raw.decode(errors="replace")).replace("\r", "")

    def until(self, text: str) -> None:
        """Wait until the terminal has shown this text."""
        self._read(lambda: text in self.shown, f"{text!r} was never shown:\n")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._handle, keys.encode())

    def end(self) -> int:
        """Wait for the command's end and return its exit code."""
        ended: list[int] = []

        def has_ended() -> bool:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                ended.append(os.waitstatus_to_exitcode(status))
            return bool(pid)

        self._read(has_ended, "it does not end:\n")
        while self._some(0.0):
            pass
        return ended[0]

    def close(self) -> None:
        """Kill what still runs."""
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self._handle)

    def _read(self, done: Any, complaint: str) -> None:
        end = time.monotonic() + DEADLINE_S
        while not done():
            assert time.monotonic() < end, complaint + self.shown
            self._some(0.05)

    def _some(self, seconds: float) -> bool:
        readable, _, _ = select.select([self._handle], [], [], seconds)
        try:
            data = os.read(self._handle, 65_536) if readable else b""
        except OSError:  # the other side has gone
            return False
        self._raw += data
        return bool(data)


@contextmanager
def terminal(*arguments: str, size: tuple[int, int] = (40, 120), **variables: str) -> Iterator[Terminal]:
    """Run a command in a terminal."""
    opened = Terminal(*arguments, size=size, **variables)
    try:
        yield opened
    finally:
        opened.close()


def totals(path: Path, group: str, column: str) -> dict[str, Decimal]:
    """The totals of a column by group, computed by the csv module alone: what a report's figures are held to."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            found[row[group]] += Decimal(row[column])
    return dict(found)
