"""What a processor says, on standard error: a line each, quiet unless something is wrong or more is asked for."""

import logging
import sys
from typing import Final

_FIELDS: Final = ("action", "swarm_id", "node_id")


class _Lines(logging.Formatter):
    """`time level logger: message key=value …`, with what a node's logger adds."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        known = [f"{field}={getattr(record, field)}" for field in _FIELDS if hasattr(record, field)]
        return " ".join([line, *known])


def set_up(level: str) -> None:
    """Send the log to standard error from `level` on (debug, info, warning, error)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("pgswarm")
    logger.handlers = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
