"""What the transports that answer inside this process share: reading a chat request, shaping the response.

Rule: only what a request over HTTP would hold is looked at, so that a server could stand here just as well.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2

_CHAT = "/chat/completions"
_MODELS = "/models"


@dataclass(frozen=True, slots=True)
class Asked:
    """A chat request taken apart: `round_no` is 0 for the first request, +1 for each repair."""

    model: str
    task: str
    data: Mapping[str, Any]
    schema: Mapping[str, Any]
    round_no: int


def read_chat(request: httpx2.Request) -> Asked:
    """Return what a request of the model client asks; raise ValueError where it is not one."""
    try:
        body = json.loads(request.content)
        user = next(turn for turn in body["messages"] if turn["role"] == "user")
        data = json.loads(user["content"])
        return Asked(
            model=body["model"],
            task=data.pop("task"),
            data=data,
            schema=body["response_format"]["json_schema"]["schema"],
            round_no=sum(turn["role"] == "assistant" for turn in body["messages"]),
        )
    except (KeyError, TypeError, AttributeError, StopIteration) as error:
        raise ValueError(f"not a request of the model client: {error!r}") from error


def is_chat(request: httpx2.Request) -> bool:
    """Whether this is a POST to the chat completions."""
    return request.method == "POST" and request.url.path.endswith(_CHAT)


def chat_response(model: str, text: str, input_tokens: int = 0, output_tokens: int = 0) -> httpx2.Response:
    """Return a chat completion that says `text`."""
    return httpx2.Response(
        HTTPStatus.OK,
        json={
            "id": "chatcmpl-inside",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}},
            ],
            "usage": {
                "prompt_tokens": input_tokens,
                "completion_tokens": output_tokens,
                "total_tokens": input_tokens + output_tokens,
            },
        },
    )


def other_response(request: httpx2.Request, model: str) -> httpx2.Response:
    """Return the list of models, or 404 for any other address."""
    if request.method == "GET" and request.url.path.endswith(_MODELS):
        row = {"id": model, "object": "model", "created": 0, "owned_by": "pgswarm"}
        return httpx2.Response(HTTPStatus.OK, json={"object": "list", "data": [row]})
    return error_response(HTTPStatus.NOT_FOUND, "not_found", f"nothing is at {request.method} {request.url.path}")


def error_response(status: int, code: str, message: str) -> httpx2.Response:
    """Return an error as OpenAI shapes it."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return httpx2.Response(status, json={"error": error})
