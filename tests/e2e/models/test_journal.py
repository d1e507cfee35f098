"""Never paid twice: what the journal holds is used, what it refuses is not sent, what failed is given back."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from pgswarm.actions import Prompt
from pgswarm.actions.models import BudgetExceededError, Completion, FencedError, ModelClient, ModelError, journaled_call
from support.model_server import Connect, ModelServer


class Fact(BaseModel):
    city: str


PROMPT = Prompt("look_up", "Look it up.", {"directive": "Bern"})


class Notebook:
    """Keeps what the verbs are told; `verdict` is what `begin` says to a request that is not there."""

    def __init__(self, verdict: Any = "call") -> None:
        self.verdict = verdict
        self.replies: dict[tuple[int, str], Any] = {}
        self.told: list[tuple[Any, ...]] = []

    async def begin(self, *, call_no: int, request_hash: str, **asked: Any) -> tuple[Any, Any]:
        assert asked["request"]["model"] == asked["model"]
        self.told.append(("begin", call_no, asked["reserve_tokens"], asked["reserve_usd"]))
        kept = self.replies.get((call_no, request_hash))
        return ("recorded", kept) if kept else (self.verdict, None)

    async def end(self, *, call_no: int, request_hash: str, response: Any, **used: Any) -> None:
        self.told.append(("end", call_no, used["input_tokens"], used["output_tokens"], used["cost_usd"]))
        self.replies[call_no, request_hash] = json.loads(json.dumps(response))

    async def drop(self, *, call_no: int, request_hash: str, spent_tokens: int) -> None:
        assert (call_no, request_hash) not in self.replies
        self.told.append(("drop", call_no, spent_tokens))


async def ask(journal: Notebook, client: ModelClient, call_no: int = 1) -> Completion[Fact]:
    return await journaled_call(journal, client, Fact, PROMPT, model=None, call_no=call_no)


async def test_retry_in_another_process_pays_nothing_even_where_the_server_was_not_probed(
    server: ModelServer, connect: Connect
) -> None:
    def script(server: ModelServer, body: dict[str, Any]) -> Any:
        if "response_format" in body:
            return server.fails(400, "response_format is not supported")
        if len(server.requests) == 2:
            return server.calls_tool({"town": "Bern"})
        return server.calls_tool({"city": "Bern"})

    server.script = script
    journal = Notebook()
    first = await ask(journal, connect(model="gpt-5.4-mini"))
    sent = len(server.requests)
    again = await ask(journal, connect(model="gpt-5.4-mini", max_output_tokens=99))
    assert (again.parsed, again.calls, again.cost_usd) == (first.parsed, 2, first.cost_usd)
    assert (sent, len(server.requests), first.cost_usd) == (3, 3, Decimal("0.0024"))


async def test_another_call_of_the_same_activation_is_a_call_of_its_own(server: ModelServer, connect: Connect) -> None:
    journal, client = Notebook(), connect()
    await ask(journal, client, 1)
    await ask(journal, client, 2)
    assert len(server.requests) == 2


async def test_tokens_and_money_are_held_back_before_and_settled_after(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, _: server.says({"city": "Bern"})
    journal = Notebook()
    await ask(journal, connect(model="gpt-5.4-mini", max_output_tokens=1000))
    (_, _, tokens, usd), end = journal.told
    assert 1000 < tokens < 2000
    assert usd >= Decimal("0.0045")
    assert end == ("end", 1, 1000, 100, Decimal("0.0012"))


@pytest.mark.parametrize(("verdict", "error"), [("budget_exceeded", BudgetExceededError), ("fenced", FencedError)])
async def test_call_that_the_journal_refuses_is_not_sent(
    server: ModelServer, connect: Connect, verdict: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await ask(Notebook(verdict), connect())
    assert server.requests == []


async def test_refused_call_gives_its_reservation_back_and_a_lost_one_does_not(
    server: ModelServer, connect: Connect
) -> None:
    journal = Notebook()
    server.script = lambda server, _: server.fails(401, "no")
    with pytest.raises(ModelError):
        await ask(journal, connect())
    server.script = lambda _server, _body: None
    with pytest.raises(ModelError):
        await ask(journal, connect())
    assert [entry for entry in journal.told if entry[0] != "begin"] == [("drop", 1, 0), ("drop", 1, journal.told[0][2])]


async def test_answers_off_schema_are_settled_too(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, _: server.says({"town": "Bern \ud800\x00"})
    journal = Notebook()
    with pytest.raises(ModelError):
        await ask(journal, connect())
    assert [entry[0] for entry in journal.told] == ["begin", "end"] * 3


async def test_reply_that_is_paid_is_written_down_although_its_activation_is_cancelled(
    server: ModelServer, connect: Connect
) -> None:
    class Slow(Notebook):
        begun, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def end(self, *, call_no: int, request_hash: str, response: Any, **used: Any) -> None:
            self.begun.set()
            await self.go_on.wait()
            await super().end(call_no=call_no, request_hash=request_hash, response=response, **used)
            self.done.set()

    server.script = lambda server, _: server.says({"city": "Bern"})
    journal = Slow()
    task = asyncio.create_task(ask(journal, connect()))
    async with asyncio.timeout(10):
        await journal.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        journal.go_on.set()
        await journal.done.wait()
    assert len(journal.replies) == 1
