"""The recorder (PGSWARM_RECORD=FILE): what a real model answered, as lines that `recorded:FILE` replays.

Rule: one line a reply, appended in one write under a lock of the file, so that several processes may record into one.
"""

import asyncio
import fcntl
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pgswarm.actions.models.errors import ModelError

_log = logging.getLogger(__name__)


class Recorder:
    """Appends to one file."""

    def __init__(self, path: Path) -> None:
        """Take the file; raise `ModelError` (`model_settings`) where it cannot be written."""
        self._path = path
        try:
            self._append(b"")
        except OSError as error:
            raise ModelError(
                "model_settings", f"PGSWARM_RECORD: {path} cannot be written ({error.strerror}): name another file"
            ) from error

    async def add(self, request: Mapping[str, Any], text: str) -> None:
        """Append the reply to the canonical `request`. The reply is paid: failing to record it is logged, no more."""
        line = json.dumps(recorded_line(request, text), ensure_ascii=False) + "\n"
        try:
            await asyncio.to_thread(self._append, line.encode())
        except OSError:
            _log.exception("PGSWARM_RECORD: a reply could not be written to %s", self._path)

    def _append(self, line: bytes) -> None:
        with self._path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(line)


def recorded_line(request: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return the line that replays `text` for exactly this request."""
    turns = request["messages"]
    data = json.loads(turns[1]["content"])
    try:
        response: Any = json.loads(text)
    except (ValueError, RecursionError):
        response = text
    return {
        "task": data.pop("task"),
        "exact": data,
        "round": sum(turn["role"] == "assistant" for turn in turns),
        "response": text if isinstance(response, str) else response,
    }
