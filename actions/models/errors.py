"""What can go wrong with a model, as errors with a stable code and a sentence that says what to do.

Rule: nothing secret and nothing unbounded gets into a message; `scrub` is the one way in for a server's own words.
"""

import re
from collections.abc import Iterable

from pgswarm.actions.base import ActionError

_SHOWN_CHARS = 300
_SECRETS = re.compile(r"\b(?:sk|key|pk|rk)-[A-Za-z0-9_*\-]{6,}|(?i:bearer)\s+[^\s\"',;]+|(?<=://)[^/\s@]+@")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class ModelError(ActionError):
    """A model call ended without a usable answer.

    Codes: `model_unreachable`, `model_timeout`, `model_rate_limited`, `model_refused_key`, `model_not_found`,
    `model_off_schema`, `model_refused`, `model_too_long`, `model_answer_too_large`, `model_bad_request`,
    `model_bad_answer`, `model_settings`, `no_embeddings`, `needs_model`, `recording_no_match`, `recording_unreadable`.

    `transient`: the same call may work later (a processor may try the node again). `maybe_paid`: the server may have
    worked, and charged, although no answer came back.
    """

    def __init__(self, code: str, message: str, *, transient: bool = False, maybe_paid: bool = False) -> None:
        """Take a stable `code` and a sentence with the remedy."""
        super().__init__(code, message)
        self.transient = transient
        self.maybe_paid = maybe_paid


class NeedsModelError(ModelError):
    """The offline rules cannot do this: a real model is needed."""

    def __init__(self, message: str) -> None:
        """Take a sentence that says what cannot be done and what to set."""
        super().__init__("needs_model", message)


class BudgetExceededError(Exception):
    """The swarm's budget refused the call; the swarm is paused and the node released: drop the activation."""


class FencedError(Exception):
    """Another worker has the node: drop the activation, its writes would be refused."""


def scrub(text: str, secrets: Iterable[str] = (), most: int = _SHOWN_CHARS) -> str:
    """Return a server's words fit to show: without keys and control characters, at most `most` characters."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    text = " ".join(_UNPRINTABLE.sub("\ufffd", _SECRETS.sub("…", text)).split())
    return text if len(text) <= most else text[: most - 1] + "…"
