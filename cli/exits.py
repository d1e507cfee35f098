"""The exit codes of the command, and errors that carry one.

Rule: a command never chooses a number: it raises, and `cli/main.py` turns what was raised into a message and one of
these codes.
"""

from enum import IntEnum


class Exit(IntEnum):
    """What the command's exit code says (DESIGN §11)."""

    SUCCEEDED = 0
    FAILED = 1
    BAD_INPUT = 2
    QUESTION = 3
    UNREACHABLE = 4
    INTERRUPTED = 130


class CommandError(Exception):
    """The command cannot go on: what is wrong, what to do about it, and the exit code."""

    def __init__(self, message: str, remedy: str = "", code: Exit = Exit.FAILED) -> None:
        """Keep the message and the remedy apart: each is a line of its own on the screen."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code


class BadInputError(CommandError):
    """An argument, a file or an id is wrong."""

    def __init__(self, message: str, remedy: str = "") -> None:
        """Exit code 2."""
        super().__init__(message, remedy, Exit.BAD_INPUT)


class UnreachableError(CommandError):
    """The database or the model cannot be reached or has a version that this pgswarm cannot use."""

    def __init__(self, message: str, remedy: str = "") -> None:
        """Exit code 4."""
        super().__init__(message, remedy, Exit.UNREACHABLE)
