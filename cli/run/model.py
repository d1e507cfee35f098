"""Which model will answer, said before anything starts, and whether it can be reached at all.

Rule: a look at the list of models costs nothing and finds what is wrong at once; whatever that look cannot tell is left
to the first call, whose error says it in full.
"""

import http.client
import ssl
import urllib.error
import urllib.request
from dataclasses import replace
from http import HTTPStatus

from pgswarm.actions.models.errors import ModelError, scrub
from pgswarm.actions.models.settings import OFFLINE, RECORDED, ModelSettings
from pgswarm.cli.exits import BadInputError, UnreachableError

LOOK_S = 5.0
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
ERROR_CODES = frozenset(
    {
        *("model_unreachable", "model_timeout", "model_rate_limited", "model_refused_key", "model_not_found"),
        *("model_bad_answer", "model_settings", "recording_unreadable"),
    }
)
"""Codes of failed nodes which say that the model, not the work, was what failed."""
RULES = "It splits, searches, quotes and computes by rules, invents nothing and costs nothing."


def check_model(named: str | None) -> str:
    """Return a line that says which model answers; raise where it is set wrong or cannot be reached."""
    try:
        settings = ModelSettings.from_env()
    except ModelError as error:
        raise BadInputError(str(error), "See docs/models.md for the settings.") from error
    if named is not None:
        settings = replace(settings, model=named, role_models={})
    told = settings.describe()
    if all(model == OFFLINE or model.startswith(RECORDED) for model in settings.configured):
        return f"{told}. {RULES}" if settings.configured == {OFFLINE} else told
    if settings.needs_key:
        raise UnreachableError(
            f"the model {settings.model} needs a key, and no OPENAI_API_KEY is set",
            "Set it, or OPENAI_BASE_URL to a server that takes none, or use --model offline/rules.",
        )
    _look(settings)
    return told


def _look(settings: ModelSettings) -> None:
    """Ask the server for its models; raise where nobody answers or the key is refused."""
    request = urllib.request.Request(f"{settings.base_url}/models")  # noqa: S310 - http(s) only, as the settings check
    if settings.api_key:
        request.add_header("Authorization", f"Bearer {settings.api_key}")
    try:
        with urllib.request.urlopen(request, timeout=min(LOOK_S, settings.connect_timeout_s)):  # noqa: S310 - as above
            return
    except urllib.error.HTTPError as error:
        if error.code in REFUSED:
            raise UnreachableError(
                f"the model's server {settings.host} refused the key ({error.code})",
                "Check OPENAI_API_KEY, and that it belongs to OPENAI_BASE_URL.",
            ) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionError | OSError) and not isinstance(error.reason, ssl.SSLError):
            if isinstance(error.reason, TimeoutError):  # slow is not down: the calls have a patience of their own
                return
            raise UnreachableError(
                f"the model's server {settings.host} cannot be reached: {scrub(str(error.reason))}",
                "Start it, or correct OPENAI_BASE_URL, or use --model offline/rules.",
            ) from None
    except (http.client.HTTPException, OSError):  # it answers, in a way of its own
        return
