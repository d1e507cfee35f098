"""Which failures nothing can be done about: trying again, in whatever way, would fail in the same way. Pure."""

from collections.abc import Mapping
from typing import Any, Final

_HOPELESS: Final = (
    "needs_model",
    "not_configured",
    "limit_",
    "cancelled",
    "model_",
    "recording_",
    "rounds_exhausted",
    "incomplete",
    "not_approved",
    "given_up",
)


def hopeless(code: str) -> bool:
    """Say whether a failure of this code is final for whoever ordered the work."""
    return code.startswith(_HOPELESS)


def told(error: Mapping[str, Any] | None, outcome: str, action: str) -> tuple[str, str]:
    """Return the code and the message of a child that did not succeed, whether it left an error or not."""
    found = error or {}
    return str(found.get("code") or outcome), str(found.get("message") or f"{action} was {outcome}.")
