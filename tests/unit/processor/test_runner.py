"""The runner: handlers in real tasks, as many at a time as allowed, and every activation closed exactly once."""

import asyncio
import contextvars
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from pgswarm.actions import Action, Continue, Finish, NoArgs
from pgswarm.actions.base import ActionSpec, Registry
from pgswarm.processor.activation import COLUMNS, Activation
from pgswarm.processor.catalogue import Catalogue
from pgswarm.processor.runner import Runner
from pgswarm.processor.settings import Settings
from pgswarm.schema.states import Verb

VARIABLE = contextvars.ContextVar("variable", default="clean")


class Bench:
    """A runner whose handlers the test chooses, and what came of them."""

    def __init__(self, handler: Any, concurrency: Any = 4, timeout_s: Any = 600) -> None:
        class Chosen(Action[NoArgs]):
            spec = ActionSpec("test/a", "", 1, timeout_s, 5, 0.1, args_model=NoArgs, routable=True, handlers=("main",))

            async def main(self, node: Any) -> Any:
                return await handler(node)

        registry = Registry()
        registry.add(Chosen)
        self.timeout_s = timeout_s
        self.acts, self.lost = [], []
        self.closed = asyncio.Event()
        catalogue = Catalogue(registry)
        services = SimpleNamespace(catalogue=catalogue)
        self.runner = Runner(Settings("", concurrency=concurrency), catalogue, services, self.done, self.dropped)
        self.count = 0

    def done(self, act: Any) -> None:
        self.acts.append(act)
        self.closed.set()

    def dropped(self, run: Any) -> None:
        self.lost.append(run)
        self.closed.set()

    def feed(self, count: Any = 1, **changes: Any) -> Any:
        runs = []
        for _ in range(count):
            self.count += 1
            row = dict.fromkeys(COLUMNS) | {
                "swarm_id": self.count.to_bytes(16), "node_id": self.count.to_bytes(16), "claim_id": 1,
                "action": "test/a", "directive": str(self.count), "args": b"{}", "handler": "main", "attempt": 1,
                "activation": 1, "lease_epoch": 1, "timeout_s": self.timeout_s, "max_attempts": 5,
            } | changes  # fmt: skip
            runs.append(Activation(tuple(row.values()), time.monotonic()))
        self.runner.feed(runs)
        return runs

    async def acted(self, count: Any, within_s: Any = 5) -> Any:
        async with asyncio.timeout(within_s):
            while len(self.acts) + len(self.lost) < count:
                self.closed.clear()
                await self.closed.wait()
        await asyncio.sleep(0.01)  # whatever would come too often has come by now
        assert len(self.acts) + len(self.lost) == count
        return [json.loads(act.error)["code"] if act.error else act.report.decode() for act in self.acts]


async def test_handlers_that_never_wait_share_one_task() -> None:
    tasks = set()

    async def handler(node: Any) -> Any:
        tasks.add(id(asyncio.current_task()))
        return Finish(node.directive)

    bench = Bench(handler)
    before = asyncio.all_tasks()
    bench.feed(20)
    assert len(asyncio.all_tasks() - before) == 1
    assert await bench.acted(20) == [str(number) for number in range(1, 21)]


async def test_timeouts_and_task_groups_work_inside_a_handler_that_does_not_wait() -> None:
    async def handler(_node: Any) -> Any:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
        return Finish("ok")

    bench = Bench(handler)
    bench.feed(3)
    assert await bench.acted(3) == ["ok"] * 3


async def test_waiting_handlers_run_side_by_side_up_to_the_bound() -> None:
    running, most = 0, 0
    gate = asyncio.Event()

    async def handler(_node: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1
        return Finish()

    bench = Bench(handler, concurrency=4)
    bench.feed(10)
    for _ in range(50):
        await asyncio.sleep(0)
    assert (running, bench.runner.running, bench.runner.queued) == (4, 4, 6)
    gate.set()
    await bench.acted(10)
    assert most == 4


async def test_a_context_variable_that_a_handler_sets_is_not_seen_by_another() -> None:
    seen = []

    async def handler(node: Any) -> Any:
        seen.append(VARIABLE.get())
        VARIABLE.set(node.directive)
        return Finish()

    bench = Bench(handler)
    bench.feed(5)
    await bench.acted(5)
    assert seen == ["clean"] * 5


async def test_a_long_queue_lets_the_loop_turn() -> None:
    async def handler(_node: Any) -> Any:
        time.sleep(0.002)  # a blocking handler, on purpose  # noqa: ASYNC251
        return Finish()

    bench = Bench(handler)
    bench.feed(50)
    turns = 0
    while len(bench.acts) < 50:
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10


@pytest.mark.parametrize("raised", [ValueError, SystemExit, KeyboardInterrupt, asyncio.CancelledError])
async def test_whatever_a_handler_raises_is_its_own_nodes_failure(raised: Any) -> None:
    async def handler(node: Any) -> Any:
        if node.directive == "1":
            raise raised
        return Finish("ok")

    bench = Bench(handler)
    bench.feed(2)
    assert await bench.acted(2) == ["exception", "ok"]


async def test_arguments_off_schema_fail_the_node_and_name_the_field() -> None:
    async def handler(_node: Any) -> Any:
        return Finish()

    bench = Bench(handler)
    bench.feed(1, args=b'{"unknown": 1}')
    assert await bench.acted(1) == ["invalid_args"]
    assert "unknown" in json.loads(bench.acts[0].error)["message"]


async def test_a_node_of_an_action_that_is_not_here_goes_back() -> None:
    bench = Bench(None)
    bench.feed(1, action="other/action")
    await asyncio.sleep(0.01)
    assert [act.verb for act in bench.acts] == [Verb.RELEASE]
    assert bench.runner.missed_action


async def test_a_handler_that_is_not_here_is_tried_again() -> None:
    bench = Bench(None)
    bench.feed(1, handler="newer")
    assert await bench.acted(1) == ["unknown_handler"]
    assert bench.acts[0].verb is Verb.RETRY


async def test_a_handler_past_its_timeout_is_cancelled_and_its_slot_is_free() -> None:
    cancelled = []

    async def handler(node: Any) -> Any:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(node.directive)
            return Finish("too late")
        return Finish()

    bench = Bench(handler, timeout_s=0)
    watch = asyncio.create_task(bench.runner.watch())
    bench.feed(1)
    assert await bench.acted(1) == ["timeout"]
    assert (cancelled, bench.runner.running) == (["1"], 0)
    watch.cancel()


async def test_abandoned_activations_are_cancelled_and_their_results_dropped() -> None:
    gate = asyncio.Event()

    async def handler(node: Any) -> Any:
        await gate.wait()
        return Finish(node.directive)

    bench = Bench(handler, concurrency=2)
    runs = bench.feed(4)
    await asyncio.sleep(0.01)
    bench.runner.abandon([runs[0], runs[3]])
    gate.set()
    assert sorted(await bench.acted(4)) == ["2", "3"]
    assert bench.lost == [runs[0], runs[3]]


async def test_everything_can_be_given_back() -> None:
    async def handler(_node: Any) -> Any:
        await asyncio.sleep(60)
        return Finish()

    bench = Bench(handler, concurrency=2)
    bench.feed(5)
    await asyncio.sleep(0.01)
    bench.runner.release_all()
    await asyncio.sleep(0.01)
    assert [act.verb for act in bench.acts] == [Verb.RELEASE] * 5
    assert (bench.runner.running, bench.runner.queued) == (0, 0)


async def test_state_that_a_handler_changed_goes_with_its_outcome_and_other_state_does_not() -> None:
    async def handler(node: Any) -> Any:
        if node.directive == "1":
            node.state["count"] = 2
        elif node.directive == "2":
            assert node.state == {"count": 1}
        elif node.directive == "3":
            node.state = ["not", "a", "dict"]
        return Continue("main")

    bench = Bench(handler)
    bench.feed(3, state=b'{"count": 1}')
    await asyncio.sleep(0.05)
    assert [act.state for act in bench.acts] == [b'{"count":2}', None, None]
    assert [act.verb for act in bench.acts] == [Verb.CONTINUE, Verb.CONTINUE, Verb.FAIL]


async def test_reserved_slots_are_left_to_swarms_with_nothing_running() -> None:
    gate = asyncio.Event()

    async def handler(node: Any) -> Any:
        await gate.wait()
        return Finish(node.directive)

    bench = Bench(handler, concurrency=3)  # one of them is reserved
    bench.feed(3, swarm_id=b"a" * 16)
    await asyncio.sleep(0.01)
    assert (bench.runner.running, bench.runner.queued) == (2, 1)
    bench.feed(1, swarm_id=b"b" * 16)
    await asyncio.sleep(0.01)
    assert (bench.runner.running, bench.runner.queued) == (3, 1)
    gate.set()
    assert sorted(await bench.acted(4)) == ["1", "2", "3", "4"]
