"""The wait for a place: in order, one asks for all, bounded in number; and a role that a handler names."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from pgswarm.actions import NoArgs, Prompt
from pgswarm.processor.context import NodeContext
from pgswarm.processor.gates import AWAY_TO_S, WAITERS, Busy, Gate, NoPlaceError


class Server:
    """Says busy until it is let go, and counts."""

    def __init__(self) -> None:
        self.free = False
        self.asked = 0

    async def ask(self) -> Busy | None:
        self.asked += 1
        return None if self.free else {"limit": "concurrency", "most": 1, "wait_s": 0.2}


async def test_one_asks_for_all_and_each_gets_its_turn() -> None:
    gate, server = Gate(), Server()
    waiting = [asyncio.create_task(gate.wait(server.ask)) for _ in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (server.asked, gate.crowded) == (1, True)
    server.free = True
    gate.freed()
    async with asyncio.timeout(5):
        await asyncio.gather(*waiting)
    assert (server.asked, gate.crowded) == (6, False)


async def test_whoever_comes_when_too_many_wait_is_sent_away_each_later_than_the_one_before() -> None:
    gate, server = Gate(), Server()
    waiting = [asyncio.create_task(gate.wait(server.ask)) for _ in range(WAITERS)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    away = []
    for _ in range(1000):
        with pytest.raises(NoPlaceError) as caught:
            await gate.wait(server.ask)
        away.append(caught.value.delay_s)
    assert 1 <= away[0] < away[1]
    assert max(away) <= AWAY_TO_S
    assert server.asked == 1
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert not gate.crowded


async def test_role_that_a_handler_names_goes_before_that_of_the_prompt() -> None:
    seen = []

    async def ask(_run: Any, *, prompt: Prompt, **_: Any) -> None:
        seen.append(prompt.role)

    run = SimpleNamespace(state=None, action="a/b", directive="", depth=0, attempt=1, activation=1)
    node = NodeContext(run, SimpleNamespace(), SimpleNamespace(models=SimpleNamespace(ask=ask)))
    node.__dict__["_swarm_info"] = SimpleNamespace(options={})
    await node.llm(NoArgs, Prompt("write"))
    await node.llm(NoArgs, Prompt("write"), role="coder")
    assert seen == ["planner", "coder"]
