"""Paths that hold a secret: the tokens of answer links. They are cut wherever a path is logged.

Rule: a path goes into a log through `shown`, and uvicorn's access log through `HideSecrets`.
"""

import logging
import re
from typing import Final

ANSWERS: Final = "/v1/answers/"
_SECRET: Final = re.compile(re.escape(ANSWERS) + r"[^/?#\s\"]+")


def shown(path: str) -> str:
    """Return a path, or a line that holds one, as it may stand in a log."""
    return _SECRET.sub(ANSWERS + "…", path)


class HideSecrets(logging.Filter):
    """A filter of log records whose arguments may hold a path."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cut the secrets out of the record; let it through."""
        if isinstance(record.args, tuple):
            record.args = tuple(shown(item) if isinstance(item, str) else item for item in record.args)
        record.msg = shown(record.msg) if isinstance(record.msg, str) else record.msg
        return True


def hide_in_access_log() -> None:
    """Let uvicorn's access log be written without secrets; calling it again changes nothing."""
    log = logging.getLogger("uvicorn.access")
    if not any(isinstance(found, HideSecrets) for found in log.filters):
        log.addFilter(HideSecrets())
