"""The request that a prompt becomes, in one canonical form, and its hash.

Rule: the canonical request says *what is asked*, and depends on the prompt alone. How a server is asked (its mode of
structured output, its token limit) is put on in `shapes`, and is no part of the hash: so a retry in another process,
which may not know the server yet, finds the call that was already paid for.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from pgswarm.actions.models.strict import strict_schema
from pgswarm.actions.node import Prompt

_NOT_UTF8 = re.compile("[\x00\ud800-\udfff]")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_NAME = re.compile(r"[^a-zA-Z0-9_-]+")
_ECHO_CHARS = 4000


def canonical_request(
    schema: type[BaseModel], prompt: Prompt, model: str, turns: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """Return the chat request: system message, user message (JSON of the task and its data), then repair turns."""
    if "task" in prompt.data:
        raise ValueError("a prompt's data may not hold the key 'task': it is the prompt's own")
    content = json.dumps(to_jsonable_python({"task": prompt.task, **prompt.data}), ensure_ascii=False)
    plain = schema.model_json_schema()
    strict = strict_schema(plain)
    form = {"name": schema_name(schema), "schema": plain if strict is None else strict, "strict": strict is not None}
    return {
        "model": model,
        "messages": [
            {"role": "system", "content": sendable(prompt.system or "")},
            {"role": "user", "content": sendable(content)},
            *({"role": turn["role"], "content": turn["content"]} for turn in turns),
        ],
        "response_format": {"type": "json_schema", "json_schema": form},
    }


def request_hash(request: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of the request as JSON with sorted keys and no spaces."""
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def repair_turns(request: Mapping[str, Any], answer: str, problem: str) -> list[dict[str, str]]:
    """Return the two turns that show the model its answer and say what did not fit and what would."""
    schema = json.dumps(request["response_format"]["json_schema"]["schema"], ensure_ascii=False)
    ask = (
        f"This answer does not fit: {problem}\n"
        f"Answer again, with one JSON object that fits this JSON schema, and nothing else:\n{schema}"
    )
    return [
        {"role": "assistant", "content": sendable(answer[:_ECHO_CHARS]) or "(empty)"},
        {"role": "user", "content": sendable(ask)},
    ]


def schema_name(schema: type[BaseModel]) -> str:
    """Return the class's name in snake case, as `response_format` names it (at most 64 characters)."""
    return _NOT_NAME.sub("_", _WORD_START.sub("_", schema.__name__)).strip("_").lower()[:64]


def sendable(text: str) -> str:
    """Return `text` with what UTF-8 or PostgreSQL cannot hold (NUL, lone surrogates) replaced by U+FFFD."""
    return _NOT_UTF8.sub("\ufffd", text)
