"""What a server answered, read leniently from the chat completion that it sent, and kept in the journal.

Rule: whatever a server sends, reading it ends in a `Reply` or a `TryError`; its text can be stored as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pgswarm.actions.models.failures import TryError
from pgswarm.actions.models.requests import sendable


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its text (the tool's arguments in tools mode), why it ended, and what it used and cost."""

    text: str
    finish: str
    refusal: str
    served_by: str
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal = Decimal(0)
    cost_known: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the reply as the journal keeps it."""
        return {
            "text": self.text,
            "finish": self.finish,
            "refusal": self.refusal,
            "served_by": self.served_by,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": str(self.cost_usd),
            "cost_known": self.cost_known,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Reply":
        """Return the reply that `to_json` made this of."""
        return cls(**{**kept, "cost_usd": Decimal(kept["cost_usd"])})


def read_reply(payload: Any, estimated_input: int) -> Reply:
    """Return the first choice of a chat completion; raise `TryError` (`protocol`, `status`) where it is none.

    Where a server does not say what it used, the input is estimated and the output is a third of its bytes.
    """
    if not isinstance(payload, Mapping):
        raise TryError("protocol", "the answer is not a JSON object")
    if payload.get("error"):
        raise _error_inside(payload["error"])
    choices = payload.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise TryError("protocol", "the answer has no choices")
    message = choices[0].get("message")
    if not isinstance(message, Mapping):
        raise TryError("protocol", "the answer's choice has no message")
    text = sendable(_text(message))
    usage = payload.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return Reply(
        text=text,
        finish=short(choices[0].get("finish_reason")),
        refusal=short(message.get("refusal")),
        served_by=short(payload.get("model")),
        input_tokens=count(usage.get("prompt_tokens"), estimated_input),
        output_tokens=count(usage.get("completion_tokens"), len(text.encode()) // 3),
    )


def _text(message: Mapping[str, Any]) -> str:
    match message:
        case {"tool_calls": [{"function": {"arguments": str(arguments)}}, *_]}:
            return arguments
        case {"content": str(content)}:
            return content
        case {"content": [*parts]}:
            return "".join(p["text"] for p in parts if isinstance(p, Mapping) and isinstance(p.get("text"), str))
    return ""


def _error_inside(error: Any) -> TryError:
    """Return the failure for a server that reports an error under status 200 (some gateways do)."""
    if isinstance(error, Mapping):
        code = error.get("code")
        return TryError("status", short(error.get("message")), status=code if isinstance(code, int) else 502)
    return TryError("status", short(error), status=502)


def short(value: Any) -> str:
    """Return a server's word for something, storable and of 300 characters at most; "" where it is no text."""
    return sendable(value[:300]) if isinstance(value, str) else ""


def count(value: Any, otherwise: int) -> int:
    """Return a server's number of tokens, or `otherwise` where it gives none."""
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if fits else otherwise
