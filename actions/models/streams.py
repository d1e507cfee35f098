"""A streamed chat completion: its pieces put together to the answer that the server would have given in one.

Rule: whatever a server sends, putting it together ends in a payload that `read_reply` reads, or in a `TryError`.
Server-sent events: WHATWG HTML, 9.2; the pieces: OpenAI, "Streaming API responses" (`chat.completion.chunk`).
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Protocol

from pgswarm.actions.models.failures import TryError

_DATA: Final = "data:"
_DONE: Final = "[DONE]"


class Watch(Protocol):
    """Who is told what a model says while it says it."""

    def begin(self) -> None:
        """A new answer begins: the first, or one in the place of what was said so far."""

    def text(self, piece: str) -> None:
        """A piece of the answer came."""


class Gathered:
    """The pieces so far."""

    def __init__(self, watch: Watch) -> None:
        """Take whom to tell."""
        self._watch = watch
        self._parts: list[str] = []
        self._arguments: list[str] = []
        self._refusal: list[str] = []
        self._finish: str | None = None
        self._last: dict[str, Any] = {}
        self._seen = False

    def take(self, chunk: Any) -> None:
        """Add one chunk; raise `TryError` where it is none."""
        if not isinstance(chunk, Mapping):
            raise TryError("protocol", "a piece of the streamed answer is not a JSON object")
        for name in ("model", "usage", "error"):
            if chunk.get(name):
                self._last[name] = chunk[name]
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
            return  # the last chunk holds the usage alone; some servers send empty ones first
        self._seen = True
        delta = choices[0].get("delta")
        if isinstance(delta, Mapping):
            self._delta(delta)
        finish = choices[0].get("finish_reason")
        if isinstance(finish, str):
            self._finish = finish

    def payload(self) -> dict[str, Any]:
        """Return the chat completion."""
        if not self._seen:
            return {**self._last, "choices": []}
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._parts)}
        if self._arguments:
            message["tool_calls"] = [{"function": {"arguments": "".join(self._arguments)}}]
        if self._refusal:
            message["refusal"] = "".join(self._refusal)
        return {**self._last, "choices": [{"message": message, "finish_reason": self._finish}]}

    def _delta(self, delta: Mapping[str, Any]) -> None:
        match delta:
            case {"tool_calls": [{"function": {"arguments": str(piece)}}, *_]}:
                self._add(self._arguments, piece)
            case {"content": str(piece)}:
                self._add(self._parts, piece)
            case {"refusal": str(piece)}:
                self._refusal.append(piece)
            case _:
                pass

    def _add(self, parts: list[str], piece: str) -> None:
        if piece:
            parts.append(piece)
            self._watch.text(piece)


async def gather(lines: AsyncIterator[str], watch: Watch) -> dict[str, Any]:
    """Read the lines of an event stream to their end; raise `TryError` (`protocol`, `cut`)."""
    gathered = Gathered(watch)
    watch.begin()
    ended = False
    async for line in lines:
        if not line.startswith(_DATA):
            continue
        data = line[len(_DATA) :].strip()
        if data == _DONE:
            ended = True
            break
        try:
            gathered.take(json.loads(data))
        except (ValueError, RecursionError) as error:
            raise TryError("protocol", f"a piece of the streamed answer is not JSON ({type(error).__name__})") from None
    made = gathered.payload()
    if not ended and not (made["choices"] and made["choices"][0]["finish_reason"]) and "error" not in made:
        raise TryError("cut", "the streamed answer ended in its middle")
    return made
