"""A model that is down, slow, busy, wrong or hostile: bounded tries, then one clear error with a stable code."""

import asyncio
import time
from itertools import repeat
from typing import Any

import pytest
from pydantic import BaseModel

from pgswarm.actions import Prompt
from pgswarm.actions.models import ModelClient, ModelError
from support.model_server import Connect, ModelServer

KEY = "sk-verysecret-0123456789"
PROMPT = Prompt("look_up", "Look it up.", {})


class Fact(BaseModel):
    city: str


async def code_of(client: ModelClient) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await client.complete(Fact, PROMPT)
    assert KEY not in str(caught.value)
    return caught.value


async def test_busy_server_is_asked_again_no_sooner_than_it_wants(server: ModelServer, connect: Connect) -> None:
    def script(server: ModelServer, _: dict[str, Any]) -> Any:
        if len(server.requests) == 1:
            return server.fails(429, "slow down", headers={"retry-after-ms": "150"})
        return server.says({"city": "Bern"})

    server.script = script
    began = time.monotonic()
    assert (await connect().complete(Fact, PROMPT)).parsed.city == "Bern"
    assert time.monotonic() - began >= 0.15


async def test_server_that_stays_busy_is_given_up(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, _: server.fails(429, "slow down")
    error = await code_of(connect())
    assert (error.code, error.transient, len(server.requests)) == ("model_rate_limited", True, 3)


@pytest.mark.parametrize(
    ("more", "transient"), [({"headers": {"retry-after": "3600"}}, True), ({"code": "insufficient_quota"}, False)]
)
async def test_long_wait_or_empty_account_is_given_up_at_once(
    server: ModelServer, connect: Connect, more: dict[str, Any], *, transient: bool
) -> None:
    server.script = lambda server, _: server.fails(429, "no", **more)
    error = await code_of(connect())
    assert (error.code, error.transient, len(server.requests)) == ("model_rate_limited", transient, 1)


@pytest.mark.parametrize("status", [500, 502, 503, 529])
async def test_server_errors_are_tried_again_and_then_given_up(
    server: ModelServer, connect: Connect, status: int
) -> None:
    server.script = lambda server, _: server.fails(status, "out of order")
    error = await code_of(connect())
    assert (error.code, error.transient, len(server.requests)) == ("model_unreachable", True, 3)
    server.script = lambda server, _: (
        server.says({"city": "Bern"}) if len(server.requests) == 5 else server.fails(status, "out of order")
    )
    assert (await connect().complete(Fact, PROMPT)).parsed.city == "Bern"


async def test_server_that_hangs_is_given_up_in_bounded_time(server: ModelServer, connect: Connect) -> None:
    def script(server: ModelServer, _: dict[str, Any]) -> Any:
        server.released.wait(30)
        return server.says({"city": "Bern"})

    server.script = script
    began = time.monotonic()
    error = await code_of(connect(request_timeout_s=0.1, tries=2))
    assert (error.code, error.transient, error.maybe_paid) == ("model_timeout", True, True)
    assert time.monotonic() - began < 5
    assert len(server.requests) == 2


async def test_connection_cut_in_mid_answer_is_tried_again_and_then_given_up(
    server: ModelServer, connect: Connect
) -> None:
    server.script = lambda server, _: None if len(server.requests) == 1 else server.says({"city": "Bern"})
    assert (await connect().complete(Fact, PROMPT)).parsed.city == "Bern"
    server.script = lambda _server, _body: None
    error = await code_of(connect())
    assert (error.code, error.maybe_paid) == ("model_unreachable", True)


async def test_no_server_is_said_with_its_address(server: ModelServer, connect: Connect) -> None:
    url = server.url
    server.http.server_close()
    error = await code_of(connect(base_url=url))
    assert (error.code, error.transient, error.maybe_paid) == ("model_unreachable", True, False)
    assert url.split("/")[2] in str(error)
    assert "OPENAI_BASE_URL" in str(error)


@pytest.mark.parametrize("status", [401, 403])
async def test_wrong_key_is_said_once_and_never_shown(server: ModelServer, connect: Connect, status: int) -> None:
    server.script = lambda server, _: server.fails(status, f"Incorrect API key provided: {KEY} (Bearer {KEY})")
    error = await code_of(connect(api_key=KEY))
    assert (error.code, len(server.requests)) == ("model_refused_key", 1)
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert "OPENAI_API_KEY" in str(error)


async def test_local_server_gets_no_authorization_when_no_key_is_set(server: ModelServer, connect: Connect) -> None:
    await connect(api_key="").complete(Fact, PROMPT)
    assert "authorization" not in server.headers[0]


async def test_openai_without_a_key_fails_before_anything_is_sent(server: ModelServer, connect: Connect) -> None:
    error = await code_of(connect(base_url="https://api.openai.com/v1", model="gpt-5.4-mini"))
    assert (error.code, server.requests) == ("model_refused_key", [])


async def test_missing_model_is_named(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, _: server.fails(404, "model 'm' not found")
    error = await code_of(connect())
    assert (error.code, len(server.requests)) == ("model_not_found", 1)
    assert "PGSWARM_MODEL" in str(error)


async def test_prompt_too_long_for_the_model_is_said(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, _: server.fails(400, "This model's maximum context length is 4096 tokens.")
    assert (await code_of(connect())).code == "model_too_long"


async def test_answer_of_ten_megabytes_is_cut_off(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, _: server.says({"city": "x" * 10_000_000})
    error = await code_of(connect())
    assert (error.code, len(server.requests)) == ("model_answer_too_large", 1)


async def test_endless_answer_without_a_length_is_cut_off(server: ModelServer, connect: Connect) -> None:
    server.script = lambda _server, _body: (200, repeat(b"x" * 1000))
    assert (await code_of(connect(max_answer_bytes=100_000))).code == "model_answer_too_large"


async def test_compressed_answer_that_was_not_asked_for_is_refused(server: ModelServer, connect: Connect) -> None:
    server.script = lambda _server, _body: (200, b"\x1f\x8b", {"content-encoding": "gzip"})
    assert (await code_of(connect())).code == "model_bad_answer"
    assert server.headers[0]["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "body", [b"<html>login</html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{}]}', b"[" * 9000]
)
async def test_what_is_no_model_server_is_said_to_be_none(server: ModelServer, connect: Connect, body: bytes) -> None:
    server.script = lambda _server, _body: (200, body)
    error = await code_of(connect())
    assert (error.code, len(server.requests)) == ("model_bad_answer", 1)


async def test_error_under_status_200_counts_as_that_error(server: ModelServer, connect: Connect) -> None:
    server.script = lambda _server, _body: (200, {"error": {"message": "upstream is busy", "code": 429}})
    assert (await code_of(connect())).code == "model_rate_limited"


async def test_concurrent_calls_to_one_model_are_bounded(server: ModelServer, connect: Connect) -> None:
    most, running = 0, 0

    def script(server: ModelServer, _: dict[str, Any]) -> Any:
        nonlocal most, running
        running += 1
        most = max(most, running)
        if most == 2:
            server.released.set()
        server.released.wait(5)
        running -= 1
        return server.says({"city": "Bern"})

    server.script = script
    client = connect(concurrency=2)
    await asyncio.gather(*(client.complete(Fact, PROMPT) for _ in range(8)))
    assert most == 2
