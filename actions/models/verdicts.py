"""From the last failed try to the error that people see: one code and one remedy for each kind of failure."""

from http import HTTPStatus

from pgswarm.actions.models.errors import ModelError, NeedsModelError, scrub
from pgswarm.actions.models.failures import TryError

_LENGTH = ("context length", "context window", "context size", "context_length", "maximum context", "too many tokens")
_NO_FORM = ("does not match the expected",)  # llama.cpp, with status 500
_OWN = frozenset({"recording_no_match", "recording_unreadable"})


def final_error(failure: TryError, model: str, place: str, tries: int) -> ModelError:
    """Return the `ModelError` for a request to `model` at `place` that failed for good after `tries`."""
    told = scrub(failure.message)
    after = f"after {tries} tries" if tries > 1 else "at once"
    match failure.kind:
        case "timeout":
            text = (
                f"{model} at {place} did not answer in time, given up {after} ({told}): try again, use a faster model, "
                "or raise PGSWARM_MODEL_TIMEOUT_S"
            )
            return ModelError("model_timeout", text, transient=True, maybe_paid=True)
        case "unreachable" | "cut":
            text = (
                f"no answer from {model} at {place}, given up {after} ({told}): check OPENAI_BASE_URL and that the "
                "server runs"
            )
            return ModelError("model_unreachable", text, transient=True, maybe_paid=failure.maybe_paid)
        case "too_large":
            text = f"{model} at {place} sent {told}: lower PGSWARM_MODEL_MAX_TOKENS or use another model"
            return ModelError("model_answer_too_large", text, maybe_paid=True)
        case "protocol":
            text = (
                f"what answers at {place} does not speak the OpenAI protocol ({told}): check OPENAI_BASE_URL; it "
                "usually ends in /v1"
            )
            return ModelError("model_bad_answer", text, maybe_paid=True)
        case "status":
            return _of_status(failure, model, place, after, told)


def _of_status(failure: TryError, model: str, place: str, after: str, told: str) -> ModelError:
    if failure.code == "needs_model":
        return NeedsModelError(told)
    if failure.code in _OWN:
        return ModelError(failure.code, told)
    code, text = _told_by_status(failure, model, place, after, told)
    return ModelError(code, text, transient=failure.passing)


def _told_by_status(failure: TryError, model: str, place: str, after: str, told: str) -> tuple[str, str]:
    words = f"{failure.message} {failure.code}".lower()
    if any(word in words for word in _LENGTH):
        return "model_too_long", (
            f"the request is too long for {model} ({told}): use a model with a longer context, smaller files, or "
            "lower PGSWARM_MODEL_MAX_TOKENS"
        )
    match failure.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return "model_refused_key", (
                f"{place} refused the key or its rights ({failure.status}: {told}): check OPENAI_API_KEY and that it "
                f"belongs to OPENAI_BASE_URL and may use {model}"
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            wait = f"; it asks to wait {failure.retry_after_s:g} s" if failure.retry_after_s else ""
            return "model_rate_limited", (
                f"{place} takes no more requests for {model} now, given up {after} ({told}{wait}): try again later, "
                "raise the limit or quota there, or lower PGSWARM_MODEL_CONCURRENCY"
            )
        case HTTPStatus.NOT_FOUND:
            return "model_not_found", (
                f"{place} has no model {model} or no such address (404: {told}): set PGSWARM_MODEL to a model that "
                "it has, and check OPENAI_BASE_URL; it usually ends in /v1"
            )
    return _told_by_words(failure, model, place, after, told)


def _told_by_words(failure: TryError, model: str, place: str, after: str, told: str) -> tuple[str, str]:
    if any(word in failure.message for word in _NO_FORM):
        return "model_off_schema", (
            f"{model} said what {place} could not read as the form that was asked for ({told}), given up {after}: try "
            "again, or set PGSWARM_MODEL to a model that keeps to a schema"
        )
    if failure.status == HTTPStatus.NOT_IMPLEMENTED:
        return "model_bad_request", f"{place} cannot do this with {model} ({told}): use another server or model"
    if failure.passing or failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "model_unreachable", (
            f"{model} at {place} fails with {failure.status}, given up {after} ({told}): try again later, or look "
            "into the server's log"
        )
    return "model_bad_request", f"{place} did not accept a request for {model} ({failure.status}: {told})"
