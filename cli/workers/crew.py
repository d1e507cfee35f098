"""The parent's side: starts the children, starts again those that die, and ends them all.

Rule: a child that dies is replaced, at once if it had worked for a while and with a growing pause if not; children that
never come up are an error, not a loop.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self

from pgswarm.cli.exits import CommandError, Exit, UnreachableError

PROCESSOR = "pgswarm.cli.workers.child"
STEADY_S = 5.0
"""Whoever has lived so long was well."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
MOST_FAILED_STARTS = 5
GRACE_S = 10.0
STOP_S = GRACE_S + 10.0
LOOK_S = 0.01


@dataclass(slots=True)
class Child:
    """One process, and when it was started (monotonic seconds)."""

    process: subprocess.Popen[bytes]
    started: float
    told: bool = False

    @property
    def pipe(self) -> IO[bytes]:
        """Its lifeline."""
        if self.process.stdin is None:
            raise RuntimeError("a child without a lifeline")
        return self.process.stdin


class Crew:
    """`wanted` child processes of one kind. Leaving the context kills what is left of them."""

    def __init__(
        self,
        wanted: int,
        environment: Mapping[str, str] | None = None,
        errors: int | None = None,
        *,
        module: str = PROCESSOR,
        inherited: Sequence[int] = (),
    ) -> None:
        """Take how many, what to add to their environment, and where (a file) their standard error goes.

        `module` is what each of them runs, processors if it is left out; `inherited` are the files that they share.
        """
        self.wanted = wanted
        self._module = module
        self._inherited = inherited
        self._environment = {**os.environ, **(environment or {})}
        self._errors = errors
        self._settings: bytes | None = None
        self._children: list[Child] = []
        self._failed_starts = 0
        self._next_start = 0.0
        self.restarts = 0

    @property
    def pids(self) -> list[int]:
        """The process ids of those that live."""
        return [child.process.pid for child in self._children]

    def warm_up(self) -> None:
        """Start the first child: it imports what it needs, and waits for the database."""
        if self.wanted:
            self._start()

    def begin(self, database_url: str) -> None:
        """Let the first child work; `tend` starts the others."""
        notify = os.environ.get("PGSWARM_NOTIFY_PAYLOAD") != "none"
        self.tell({"database_url": database_url, "grace_s": GRACE_S, "notify": notify})

    def tell(self, settings: Mapping[str, Any]) -> None:
        """Let the first child work, as these settings say."""
        self._settings = json.dumps(settings).encode() + b"\n"
        for child in self._children:
            self._tell(child)

    def tend(self) -> list[str]:
        """Replace the dead and start the missing, where it is time; return what is worth saying.

        Raises where one after the other cannot even come up.
        """
        return self._tend(self.wanted)

    def tend_first(self) -> list[str]:
        """Like `tend`, but for the first child alone: the others would only slow it down while it comes up."""
        return self._tend(min(1, self.wanted))

    def _tend(self, wanted: int) -> list[str]:
        said = []
        for child in list(self._children):
            code = child.process.poll()
            if code is not None:
                self._bury(child, code)
                what = "Processor" if self._module == PROCESSOR else "API"
                said.append(f"{what} {child.process.pid} ended ({_cause(code)}); another takes its place.")
        while len(self._children) < wanted and time.monotonic() >= self._next_start:
            self._start()
        return said

    def hang_up(self) -> None:
        """Tell every child to end in order: what runs has `GRACE_S` seconds."""
        for child in self._children:
            with suppress(OSError):
                child.pipe.close()

    def ended(self) -> bool:
        """Say whether all have ended; call after `hang_up`."""
        return all(child.process.poll() is not None for child in self._children)

    def leave(self, within_s: float) -> None:
        """Let every child end in order, and wait for that so many seconds.

        Those that need longer end by themselves soon after: they work on something else that they may finish.
        """
        self.hang_up()
        end = time.monotonic() + within_s
        while not self.ended() and time.monotonic() < end:
            time.sleep(LOOK_S)
        self._children.clear()

    def kill(self) -> None:
        """End every child at once; others take over what they held."""
        for child in self._children:
            with suppress(OSError):
                child.pipe.close()
            child.process.kill()
            child.process.wait()
        self._children.clear()

    def __enter__(self) -> Self:
        """Do nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no child behind."""
        self.kill()

    def _start(self) -> None:
        process = subprocess.Popen(
            (sys.executable, "-P", "-m", self._module),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            env=self._environment,
            pass_fds=self._inherited,
            start_new_session=True,  # a Ctrl-C in the terminal is the command's alone
        )
        child = Child(process, time.monotonic())
        self._children.append(child)
        if self._settings is not None:
            self._tell(child)

    def _tell(self, child: Child) -> None:
        if self._settings is not None and not child.told:
            child.told = True
            with suppress(BrokenPipeError):  # it has died already: `tend` sees to it
                child.pipe.write(self._settings)
                child.pipe.flush()

    def _bury(self, child: Child, code: int) -> None:
        self._children.remove(child)
        with suppress(OSError):
            child.pipe.close()
        self.restarts += 1
        if time.monotonic() - child.started >= STEADY_S:
            self._failed_starts = 0
            return
        self._failed_starts += 1
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (self._failed_starts - 1))
        self._next_start = time.monotonic() + pause
        if code >= 0 and self._failed_starts >= MOST_FAILED_STARTS:
            if code == Exit.UNREACHABLE:
                raise UnreachableError("the child processes cannot use the database", "See what they say above.")
            raise CommandError(f"the child processes end at once ({_cause(code)})", "See what they say above.")


def _cause(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
