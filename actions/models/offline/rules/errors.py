"""How rules say that work needs a real model: always what is missing, and what to do."""

from pgswarm.actions.models.errors import NeedsModelError

REMEDY = "set OPENAI_API_KEY, or OPENAI_BASE_URL and PGSWARM_MODEL, and start again"


def needs_model(what: str) -> NeedsModelError:
    """Return the error for `what` could not be done, the beginning of a sentence."""
    return NeedsModelError(f"{what} needs a model: {REMEDY}")
