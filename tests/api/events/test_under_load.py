"""Real processors work; subscribers are cut at random and stall. The large form is benchmarks/subscribers.py."""

import asyncio
import random
from typing import Any

from support.processors import register_actions, start_swarm
from support.streams import Stream, seqs
from support.wait import wait_until_async

SUBSCRIBERS = 40
STALLED = 4


class Subscriber:
    """Takes in a swarm's events until the last, is cut now and then, and goes on."""

    def __init__(self, live: Any, swarm_id: str, dice: random.Random) -> None:
        self._live = live
        self._swarm_id = swarm_id
        self._dice = dice
        self.seqs: list[int] = []
        self.cuts = 0

    async def run(self) -> None:
        while True:
            sent = {"Last_Event_ID": str(self.seqs[-1])} if self.seqs else {}
            stream: Stream = await self._live.watch(self._swarm_id, account=self._live.api.root, **sent)
            for _ in range(self._dice.randint(1, 60)):
                event = await stream.event(within_s=60)
                self.seqs.append(event.seq)
                if event.kind == "swarm.terminated":
                    stream.cut()
                    return
            stream.cut()
            self.cuts += 1


async def test_every_subscriber_that_resumes_sees_each_seq_once_and_in_order(live: Any, processors: Any) -> None:
    db = live.api.db
    register_actions(db)
    swarms = [start_swarm(db, "bench/fan_out", {"width": 4, "depth": 3, "sleep_ms": 20}) for _ in range(2)]
    crowd = [Subscriber(live, swarms[n % 2], random.Random(n)) for n in range(SUBSCRIBERS)]  # noqa: S311 - dice
    stalled = [await live.watch(swarms[n % 2], account=live.api.root) for n in range(STALLED)]
    tasks = [asyncio.create_task(one.run()) for one in crowd]
    processors.start(lease_s=15)
    processors.start(lease_s=15)
    async with asyncio.timeout(90):
        await asyncio.gather(*tasks)
    tops = {
        str(r["swarm_id"]): r["top"] for r in db.rows("select swarm_id, max(seq) as top from pgswarm.event group by 1")
    }
    for number, one in enumerate(crowd):
        assert one.seqs == list(range(1, tops[swarms[number % 2]] + 1))
    assert sum(one.cuts for one in crowd) > SUBSCRIBERS
    for stream in stalled:  # what the kernel kept for them, or all of it
        got = seqs(await stream.until(lambda e: e.kind == "swarm.terminated"))
        assert got == list(range(1, len(got) + 1))

    async def gone() -> bool:
        return len(list(live.hub.subscriptions())) <= STALLED

    await wait_until_async(gone, "the others are forgotten")
