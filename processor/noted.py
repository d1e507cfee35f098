"""What `node.log` is: a line on standard error, and from `info` on a note that is kept with the node.

One rule: notes cost nothing where there are none, and no transaction of their own: they go with the act's state. Known
keys and whatever looks like one are taken out of them.
"""

import logging
import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pgswarm.actions.models.errors import scrub
from pgswarm.processor.encode import diagnostic
from pgswarm.schema.notes import MAX_CHARS, note

_LOG: Final = logging.getLogger("pgswarm.action")
_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|DATABASE_URL", re.IGNORECASE)
_MIN_SECRET: Final = 8


class NodeLog(logging.LoggerAdapter[logging.Logger]):
    """A logger that names the node in every line; `notes` are those of this activation."""

    def __init__(self, said_of: Mapping[str, str], activation: int) -> None:
        """Take what is said of the node in every line, and its activation."""
        super().__init__(_LOG, dict(said_of))
        self.notes: list[dict[str, Any]] = []
        self._activation = activation

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Say it; keep it, whatever is said on standard error."""
        if level >= logging.INFO:
            self.notes.append(note(self._activation, logging.getLevelName(level).lower(), _text(msg, args)))
        super().log(level, msg, *args, **kwargs)


def _text(msg: object, args: tuple[object, ...]) -> str:
    told = diagnostic(msg)
    if args:
        try:
            told = told % (args[0] if len(args) == 1 and isinstance(args[0], Mapping) else args)
        except (TypeError, ValueError, KeyError):
            told = f"{told} {args}"
    return diagnostic(scrub(told, _secrets(), MAX_CHARS))


@cache
def _secrets() -> tuple[str, ...]:
    return tuple(value for name, value in os.environ.items() if _SECRET.search(name) and len(value) >= _MIN_SECRET)
