"""Where answers come from: a terminal in which one types below the tree, lines of a pipe, or nowhere.

Rule: never more is read than is asked for: lines that come before their question wait for it. The terminal is put back
as it was, whatever ends the command but kill -9.
"""

import os
import sys
import termios
import tty
from collections import deque
from contextlib import suppress
from typing import Any, Protocol

from pgswarm.cli.run.keys import TypedLine

CHUNK = 65_536
LONGEST_LINE = 1_000_000


class Answers(Protocol):
    """Lines from a person or a program."""

    @property
    def handle(self) -> int | None:
        """The file to wait for; None where nothing can come."""

    @property
    def open(self) -> bool:
        """Whether another line may come."""

    @property
    def typed(self) -> str | None:
        """What has been typed of a line so far, for whoever shows it; None where the terminal itself does."""

    def read(self) -> str | None:
        """Return a finished line, if there is one. Call when the file can be read; never waits for a terminal."""

    def close(self) -> None:
        """Put everything back."""


class NoAnswers:
    """Nobody answers."""

    handle: int | None = None
    open = False
    typed: str | None = None

    def read(self) -> str | None:
        """Return nothing."""
        return None

    def close(self) -> None:
        """Do nothing."""


class LineAnswers:
    """Lines of standard input, from a pipe, a file, or a terminal that shows what is typed by itself."""

    typed: str | None = None

    def __init__(self, handle: int) -> None:
        """Take the file."""
        self._handle = handle
        self._lines: deque[str] = deque()
        self._rest = b""
        self._ended = False

    @property
    def handle(self) -> int | None:
        """The file, as long as it gives something."""
        return None if self._ended else self._handle

    @property
    def open(self) -> bool:
        """Whether a line waits or may come."""
        return bool(self._lines) or not self._ended

    @property
    def waiting(self) -> bool:
        """Whether a line is there already."""
        return bool(self._lines)

    def read(self) -> str | None:
        """Return the next line; reads only when none waits."""
        if not self._lines and not self._ended:
            self._fill()
        return self._lines.popleft() if self._lines else None

    def close(self) -> None:
        """Do nothing: it is not ours."""

    def _fill(self) -> None:
        try:
            data = os.read(self._handle, CHUNK)
        except OSError:  # a terminal that has gone
            data = b""
        self._ended = not data or len(self._rest) > LONGEST_LINE
        *lines, self._rest = (self._rest + data).split(b"\n")
        if self._ended and self._rest:
            lines.append(self._rest)
            self._rest = b""
        self._lines.extend(line.decode(errors="replace").rstrip("\r") for line in lines)


class TerminalAnswers:
    """A terminal whose keys come one by one and unshown, so that the tree can go on growing above the line."""

    def __init__(self, handle: int) -> None:
        """Take the terminal and remember how it is set."""
        self._handle = handle
        self._before: list[Any] = termios.tcgetattr(handle)
        self._line = TypedLine()
        self._lines: deque[str] = deque()
        self._ended = False
        self.take_over()

    @property
    def handle(self) -> int | None:
        """The terminal."""
        return None if self._ended else self._handle

    @property
    def open(self) -> bool:
        """Whether a line waits or may come."""
        return bool(self._lines) or not self._ended

    @property
    def typed(self) -> str | None:
        """What has been typed so far."""
        return self._line.text

    def take_over(self) -> None:
        """Have the keys one by one (also after the command was stopped and continued); Ctrl-C stays a signal."""
        tty.setcbreak(self._handle, termios.TCSANOW)

    def read(self) -> str | None:
        """Return a finished line, if Enter was pressed."""
        if not self._lines and not self._ended:
            try:
                data = os.read(self._handle, CHUNK)
            except OSError:
                data = b""
            if not data:
                self._ended = True
            for line in self._line.feed(data):
                if line is None:
                    self._ended = True
                    break
                self._lines.append(line)
        return self._lines.popleft() if self._lines else None

    def close(self) -> None:
        """Put the terminal back."""
        with suppress(termios.error, OSError):
            termios.tcsetattr(self._handle, termios.TCSADRAIN, self._before)


def find_answers(*, wanted: bool, drawn: bool) -> Answers:
    """Return where answers come from; `drawn`: the tree is drawn on the terminal, and the line below it too."""
    try:
        handle = sys.stdin.fileno()
        os.fstat(handle)
    except (AttributeError, OSError, ValueError):  # closed by whoever started the command
        return NoAnswers()
    if not wanted:
        return NoAnswers()
    if drawn and os.isatty(handle):
        return TerminalAnswers(handle)
    return LineAnswers(handle)
