"""One processor: its parts wired together, started, watched and ended.

One rule: no part lives on without the others. On SIGTERM it stops claiming, lets actions end, commits, and gives the
rest back; should one of its parts die, the whole process ends, since others take over by the lease.
"""

import asyncio
import contextlib
import logging
import math
import os
import signal
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from pgswarm.actions.base import Registry
from pgswarm.processor.advance import Advance
from pgswarm.processor.catalogue import Catalogue
from pgswarm.processor.committer import Committer
from pgswarm.processor.connect import LOST, Outage
from pgswarm.processor.context import Services
from pgswarm.processor.heartbeat import Heartbeat
from pgswarm.processor.listen import listen
from pgswarm.processor.models import JournaledModels
from pgswarm.processor.notify import Notifier
from pgswarm.processor.runner import Runner
from pgswarm.processor.sandboxes import Sandboxes
from pgswarm.processor.settings import Settings
from pgswarm.processor.side import Side
from pgswarm.processor.upkeep import Upkeep

if TYPE_CHECKING:
    from pgswarm.processor.outside import Outside

_LOG = logging.getLogger(__name__)

START_S: Final = 30.0
"""How long the database is waited for at the start."""
FLUSH_S: Final = 5.0
"""How long the last commit may take when the process ends."""
LOOK_S: Final = 0.02
SOON_S: Final = 0.5
"""With `once`: a timer that is due within this time is waited for."""


class Processor:
    """Claims nodes, runs their actions and commits what these decide, until it is told to stop."""

    def __init__(self, settings: Settings, registry: Registry, outside: "Outside | None" = None) -> None:
        """Wire the parts; nothing is connected before `run`. `outside` keeps the actions of connections up to date."""
        self._settings = settings
        outage = Outage()
        url = settings.database_url
        catalogue = Catalogue(registry)
        self._notifier = Notifier(url, outage, events=settings.notify)
        self._side = Side(url, outage)
        self._catalogue = catalogue
        self._outside = outside
        self._models = JournaledModels(self._side)
        self._upkeep = Upkeep(url, outage, self._notifier.events, self._more_work)
        self._advance = Advance(settings, catalogue, outage, self._notifier.events)
        self._committer = Committer(settings, self._advance, self._notifier)
        self._sandboxes = Sandboxes()
        services = Services(self._side, catalogue, self._models, self._sandboxes)
        self._runner = self._committer.runner = Runner(
            settings, catalogue, services, self._committer.done, self._committer.dropped
        )
        self._outage = outage
        self._stop = asyncio.Event()
        self._heartbeat: Heartbeat | None = None

    def stop(self) -> None:
        """End in order, as SIGTERM does."""
        self._stop.set()

    async def run(self) -> None:
        """Work until stopped or, with `once`, until nothing is claimable.

        Raises `TimeoutError` when the database cannot be reached at the start, psycopg's errors when it is not ours.
        """
        loop = asyncio.get_running_loop()
        with _signals(loop, self.stop):
            stopping = asyncio.create_task(self._stop.wait())
            registering = asyncio.create_task(self._advance.register(START_S))
            await asyncio.wait([registering, stopping], return_when=asyncio.FIRST_COMPLETED)
            if registering.done():
                registering.result()
                await self._work(loop, stopping)
            else:  # stopped before the database was reached
                await self._close([registering, stopping])

    async def _work(self, loop: asyncio.AbstractEventLoop, stopping: asyncio.Task[Any]) -> None:
        self._heartbeat = Heartbeat(
            self._settings.database_url,
            self._settings.lease_s,
            lambda worker_id: _tell(loop, lambda: self._declared_dead(worker_id)),
        )
        self._heartbeat.start(self._advance.worker_id)
        _LOG.info("worker %s started with %d slots", self._advance.worker_id, self._settings.concurrency)
        parts = self._start()
        ending = asyncio.create_task(self._until_idle() if self._settings.once else self._stop.wait())
        try:
            await asyncio.wait([ending, stopping, *parts], return_when=asyncio.FIRST_COMPLETED)
            for task in (ending, *parts):
                if task.done():
                    task.result()
            await self._drain()
        finally:
            await self._close([ending, stopping, *parts])

    def _start(self) -> list[asyncio.Task[Any]]:
        roles: list[Coroutine[Any, Any, None]] = [
            self._committer.run(self._register_again),
            self._notifier.run(),
            self._runner.watch(),
            self._upkeep.run(lambda: self._advance.worker_id, self._runner.running_since, self._runner.abandon),
        ]
        if self._outside is not None:
            roles.append(self._outside.run(self._catalogue, self._side, once=self._settings.once))
        if not self._settings.once:
            roles.append(
                listen(
                    self._settings.database_url, self._outage, self._committer.wake, lambda: self._notifier.backend_pid
                )
            )
        return [asyncio.create_task(role) for role in roles]

    def _more_work(self) -> None:
        self._notifier.work()
        self._committer.wake()

    def _declared_dead(self, worker_id: UUID) -> None:
        if worker_id == self._advance.worker_id:
            _LOG.warning("worker %s lost its lease: its nodes are others' now, it starts over as another", worker_id)
            self._committer.declared_dead()

    async def _register_again(self) -> None:
        await self._advance.register()
        if self._heartbeat is not None:
            self._heartbeat.start(self._advance.worker_id)

    async def _until_idle(self) -> None:
        while True:
            idle_in_s = await self._committer.until_idle()
            if idle_in_s is not None and idle_in_s < SOON_S:
                continue
            if not await self._upkeep.once():
                return

    async def _drain(self) -> None:
        self._committer.claiming = False
        self._runner.release_queued(math.inf)
        with contextlib.suppress(*LOST):
            async with asyncio.timeout(2):
                await self._upkeep.drain(self._advance.worker_id)
        await _reached(lambda: self._runner.running == 0 and self._runner.queued == 0, self._settings.grace_s)
        self._runner.release_all()
        if not await _reached(lambda: self._committer.empty, FLUSH_S):
            _LOG.warning("the last commit did not end within %g s: other workers take over", FLUSH_S)
        if self._heartbeat is not None:
            self._heartbeat.stop()
        with contextlib.suppress(*LOST):
            async with asyncio.timeout(FLUSH_S):
                await self._upkeep.stop(self._advance.worker_id)
                await self._notifier.send()

    async def _close(self, tasks: list[asyncio.Task[Any]]) -> None:
        if self._heartbeat is not None:
            self._heartbeat.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for part in (self._models, self._sandboxes, self._side, self._advance, self._upkeep, self._notifier):
            with contextlib.suppress(*LOST):
                await part.close()


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(call)


async def _reached(condition: Callable[[], bool], within_s: float) -> bool:
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() >= end:
            return False
        await asyncio.sleep(LOOK_S)
    return True


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Any:
    """First signal: end in order. Second: end at once; other workers take over by the lease."""
    received: list[int] = []

    def on_signal(number: int) -> None:
        if received:
            os._exit(128 + number)
        received.append(number)
        stop()

    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
