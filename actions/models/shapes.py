"""How a server is asked for structured output: three modes, from the one that binds most to the one that all can do.

Rule: a mode is left only when the server showed that it cannot do it, by its error or by an answer that ignores it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from pgswarm.actions.models.answers import candidates
from pgswarm.actions.models.failures import TryError
from pgswarm.actions.models.replies import Reply


class Mode(StrEnum):
    """How the schema is given to the server."""

    JSON_SCHEMA = "json_schema"
    TOOLS = "tools"
    PROMPT = "prompt"


_LOWER: Final = {Mode.JSON_SCHEMA: Mode.TOOLS, Mode.TOOLS: Mode.PROMPT}
_WORDS: Final = {
    Mode.JSON_SCHEMA: ("response_format", "json_schema", "structured output", "guided", "grammar", "schema"),
    Mode.TOOLS: ("tool", "function_call", "function call", "functions"),
}
_REFUSALS: Final = frozenset({400, 404, 415, 422, 500, 501})


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a server's abilities for one model."""

    mode: Mode = Mode.JSON_SCHEMA
    newer_limit: bool = False
    """Whether the limit on the answer is called `max_completion_tokens` (OpenAI's newer models), not `max_tokens`."""
    streams: bool = True
    stream_usage: bool = True
    """Whether a streamed answer can say at its end what was used."""

    def lowered(self, failure: TryError, *, streaming: bool = False) -> "Shape | None":
        """Return the next shape to try if `failure` says that this one is not supported, else None."""
        if failure.status not in _REFUSALS:
            return None
        told = f"{failure.message} {failure.param}".lower()
        if streaming and self.streams and "stream" in told:
            return replace(self, stream_usage=False) if self.stream_usage else replace(self, streams=False)
        if not self.newer_limit and "max_completion_tokens" in told:
            return replace(self, newer_limit=True)
        if self.mode in _LOWER and any(word in told for word in _WORDS[self.mode]):
            return replace(self, mode=_LOWER[self.mode])
        return None

    @staticmethod
    def blames_schema(failure: TryError) -> bool:
        """Whether `failure` is about this one schema, not about the mode."""
        return "invalid schema" in failure.message.lower()

    def unheeded(self, reply: Reply) -> bool:
        """Whether the server took the mode and did not heed it: a finished answer without any JSON."""
        return self.mode is not Mode.PROMPT and reply.finish == "stop" and next(candidates(reply.text), None) is None

    def without_mode(self) -> "Shape":
        """Return the shape for a server that takes every mode and heeds none."""
        return replace(self, mode=Mode.PROMPT)

    def body(self, request: Mapping[str, Any], max_tokens: int, *, stream: bool = False) -> dict[str, Any]:
        """Return the canonical `request` as this server is to get it."""
        body: dict[str, Any] = {"model": request["model"], "messages": request["messages"]}
        form = request["response_format"]["json_schema"]
        if self.mode is Mode.JSON_SCHEMA:
            body["response_format"] = request["response_format"]
        elif self.mode is Mode.TOOLS:
            tool = {"name": form["name"], "description": "Give the answer.", "parameters": form["schema"]}
            body["tools"] = [{"type": "function", "function": tool}]
            body["tool_choice"] = {"type": "function", "function": {"name": form["name"]}}
        else:
            system, *rest = request["messages"]
            schema = json.dumps(form["schema"], ensure_ascii=False)
            asked = f"Answer with one JSON object that fits this JSON schema, and nothing else:\n{schema}"
            body["messages"] = [{"role": "system", "content": f"{system['content']}\n\n{asked}"}, *rest]
        body["max_completion_tokens" if self.newer_limit else "max_tokens"] = max_tokens
        if stream:
            body["stream"] = True
            if self.stream_usage:
                body["stream_options"] = {"include_usage": True}
        return body
