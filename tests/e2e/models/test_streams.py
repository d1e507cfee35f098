"""Streamed answers: put together as if they had come at once, told piece by piece, on servers that can and cannot."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from pgswarm.actions import Prompt
from pgswarm.actions.models import ModelError
from support.model_server import Connect, ModelServer

PROMPT = Prompt("look_up", "Look it up.", {"directive": "Bern"})


class City(BaseModel):
    city: str


class Heard:
    """Keeps what it is told, by answer."""

    def __init__(self) -> None:
        self.answers: list[list[str]] = []

    def begin(self) -> None:
        self.answers.append([])

    def text(self, piece: str) -> None:
        self.answers[-1].append(piece)


async def test_streamed_answer_is_told_in_pieces_and_is_the_same_as_a_whole_one(
    server: ModelServer, connect: Connect
) -> None:
    server.script = lambda server, _: server.streams('{"city": ', '"Bern"}')
    heard = Heard()
    found = await connect().complete(City, PROMPT, watch=heard)
    assert (found.parsed.city, found.input_tokens, found.output_tokens) == ("Bern", 1000, 100)
    assert heard.answers == [['{"city": ', '"Bern"}']]
    assert (server.requests[0]["stream"], server.requests[0]["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize(
    ("refused", "said"), [("stream_options", "unknown field stream_options"), ("stream", "stream is not supported")]
)
async def test_server_that_cannot_is_asked_otherwise_and_this_is_kept(
    server: ModelServer, connect: Connect, refused: str, said: str
) -> None:
    def script(server: ModelServer, body: dict[str, Any]) -> Any:
        if refused in body:
            return server.fails(400, said)
        whole = json.dumps({"city": "Bern"})
        return server.streams(whole, usage=False) if "stream" in body else server.says(whole)

    server.script = script
    client = connect()
    for _ in range(2):
        assert (await client.complete(City, PROMPT, watch=Heard())).parsed.city == "Bern"
    assert refused not in server.requests[-1]
    assert len(server.requests) == (3 if refused == "stream_options" else 4)


async def test_server_that_does_not_heed_the_wish_is_read_whole(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, _: server.says({"city": "Bern"})
    heard = Heard()
    assert (await connect().complete(City, PROMPT, watch=heard)).parsed.city == "Bern"
    assert heard.answers == []


async def test_answer_that_is_cut_begins_again(server: ModelServer, connect: Connect) -> None:
    def script(server: ModelServer, _body: dict[str, Any]) -> Any:
        status, events, headers = server.streams('{"city": ', '"Bern"}')
        return (status, iter([next(events)]), headers) if len(server.requests) == 1 else (status, events, headers)

    server.script = script
    heard = Heard()
    assert (await connect().complete(City, PROMPT, watch=heard)).parsed.city == "Bern"
    assert heard.answers == [['{"city": '], ['{"city": ', '"Bern"}']]


@pytest.mark.parametrize("data", [b"data: {nonsense\n\n", b"data: [1]\n\n", b'data: {"error": {"message": "no"}}\n\n'])
async def test_stream_that_is_none_is_an_error(server: ModelServer, connect: Connect, data: bytes) -> None:
    server.script = lambda _server, _body: (200, iter([data]), {"content-type": "text/event-stream"})
    with pytest.raises(ModelError):
        await connect(tries=1).complete(City, PROMPT, watch=Heard())
