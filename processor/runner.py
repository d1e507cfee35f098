"""Runs handlers, `concurrency` at a time, and hands an act for each to the committer.

One rule: a handler that never waits costs no task of its own. A task takes one activation after the other for as long
as they do not wait; before each it makes sure that a spare task stands behind it, which goes on with the queue the
moment that a handler does wait. So every handler runs inside a real task (timeouts, task groups and libraries work as
ever), and a task whose context variables a handler changed is not used for another.
"""

import asyncio
import contextvars
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from pydantic import ValidationError

from pgswarm.actions.outcomes import Spawn
from pgswarm.processor.activation import Activation
from pgswarm.processor.acts import Act, failed, released
from pgswarm.processor.catalogue import Catalogue, Handler, Runnable
from pgswarm.processor.context import NodeContext, Services
from pgswarm.processor.decide import UnknownChildrenError, after_exception, after_timeout, decide, unknown_handler
from pgswarm.processor.effects import LostActivationError
from pgswarm.processor.encode import BadValueError
from pgswarm.processor.gates import NoPlaceError
from pgswarm.processor.quarantine import Quarantine
from pgswarm.processor.settings import Settings
from pgswarm.processor.unclear import UnclearEffectError

_LOG = logging.getLogger(__name__)

SLICE_S: Final = 0.005
"""How long one task runs handlers before it lets the loop turn."""
WATCH_S: Final = 0.1
QUEUED_TOO_LONG_S: Final = 0.25
"""A node that waits here longer for a slot is given back: another worker may have one."""


class Runner:
    """The queue of claimed nodes, and the tasks that work it."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        services: Services,
        done: Callable[[Act], None],
        dropped: Callable[[Activation], None],
    ) -> None:
        """Take the bounds, what handlers need, and where acts and dropped activations go."""
        self._slots = settings.concurrency
        self._general = settings.concurrency - settings.reserved
        self._catalogue = catalogue
        self._services = services
        self._done = done
        self._dropped = dropped
        self._queue: deque[Activation] = deque()
        self._running: dict[Activation, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._spare: asyncio.Task[None] | None = None
        self._quarantine = Quarantine()
        self.missed_action = False
        """Whether a node came whose action this process lacks: from then on it names its own when it claims."""

    @property
    def queued(self) -> int:
        """Claimed nodes that wait for their start."""
        return len(self._queue) + self._quarantine.waiting

    @property
    def running(self) -> int:
        """Activations that are running."""
        return len(self._running)

    @property
    def stuck(self) -> bool:
        """Whether nodes wait and no slot is free for them."""
        return bool(self._queue) and not self._can_start()

    def running_since(self, age_s: float) -> list[Activation]:
        """Return the activations that have been here for `age_s` seconds or more."""
        until = time.monotonic() - age_s
        return [run for run in self._running if run.queued_at <= until and run.open]

    def open_runs(self) -> list[Activation]:
        """Return every activation that is here, running or not, whose act is still to come."""
        return [run for run in (*self._queue, *self._running, *self._quarantine.runs) if run.open]

    def feed(self, runs: Iterable[Activation]) -> None:
        """Take claimed nodes."""
        self._queue.extend(runs)
        self._go_on()

    def feed_suspects(self, runs: Iterable[Activation]) -> None:
        """Take claimed nodes that were lost before: at most one stays, and waits for `start_suspect`."""
        for run in runs:
            away_s = self._quarantine.admit(run)
            if away_s is not None:
                self._close(run, partial(released, delay_s=away_s))

    def start_suspect(self) -> None:
        """Start the suspect that waits, now that all that has finished is committed."""
        run = self._quarantine.take()
        if run is not None:
            self._queue.appendleft(run)
            self._go_on()

    def refuse(self, runs: Iterable[Activation]) -> None:
        """Give claimed nodes back that came too late to be run."""
        for run in runs:
            self._close(run, released)

    def abandon(self, runs: Iterable[Activation]) -> None:
        """Cancel activations that are not this worker's any more; their results are dropped."""
        lost = [run for run in runs if run.open]
        for run in lost:
            run.open = False
            self._dropped(run)
        self._queue = deque(run for run in self._queue if run.open)
        for run in lost:
            self._cancel(run)
        self._go_on()

    def release_queued(self, older_than: float) -> None:
        """Give back the nodes that have waited for their start since before `older_than` (monotonic seconds)."""
        suspect = self._quarantine.take() if older_than == math.inf else None
        if suspect is not None:
            self._close(suspect, released)
        while self._queue and self._queue[0].queued_at < older_than:
            self._close(self._queue.popleft(), released)

    def release_all(self) -> None:
        """Give everything back: the grace period is over, or this worker was declared dead."""
        self.release_queued(math.inf)
        for run in list(self._running):
            if run.open:
                self._close(run, released)
                self._cancel(run)

    async def watch(self) -> None:
        """Enforce the timeouts of waiting handlers, and give back what waits too long for a slot."""
        while True:
            await asyncio.sleep(WATCH_S)
            now = time.monotonic()
            for run in [run for run in self._running if run.deadline < now and run.open]:
                runnable = self._catalogue.find(run.action)
                longest_s = 0.0 if runnable is None else runnable.max_backoff_s
                self._close(run, partial(after_timeout, longest_s=longest_s))
                self._cancel(run)
            if self.stuck:
                self.release_queued(now - QUEUED_TOO_LONG_S)

    def _close(self, run: Activation, act: Callable[[Activation], Act]) -> None:
        run.open = False
        self._done(act(run))

    def _cancel(self, run: Activation) -> None:
        task = self._running.pop(run, None)
        if task is not None:
            task.cancel()
        self._go_on()

    def _can_start(self) -> bool:
        return len(self._running) < self._general or self._first_fresh() is not None

    def _first_fresh(self) -> int | None:
        """Return where the first node of a swarm with nothing running stands in the queue: it may have any slot."""
        if len(self._running) >= self._slots:
            return None
        busy = {run.swarm_key for run in self._running}
        return next((index for index, run in enumerate(self._queue) if run.swarm_key not in busy), None)

    def _next(self) -> Activation | None:
        """Take the next node that a slot is free for."""
        if len(self._running) < self._general:
            return self._queue.popleft() if self._queue else None
        index = self._first_fresh()
        if index is None:
            return None
        run = self._queue[index]
        del self._queue[index]
        return run

    def _go_on(self) -> None:
        if self._queue and self._spare is None and self._can_start():
            task = self._spare = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        task = self._spare
        self._spare = None
        if task is None:
            return
        pristine = contextvars.copy_context()
        until = time.monotonic() + SLICE_S
        running = self._running
        while (run := self._next()) is not None:
            running[run] = task
            self._go_on()
            try:
                act = await self._act(run)
            finally:
                running.pop(run, None)
            if not run.open:  # closed by a timeout, an abandonment or a release, and this task with it
                break
            run.open = False
            if act is None:
                self._dropped(run)
            else:
                self._done(act)
            if time.monotonic() > until or contextvars.copy_context() != pristine:
                break
        self._go_on()

    async def _act(self, run: Activation) -> Act | None:
        """Run one activation to its act; None where it is not ours any more."""
        runnable = self._catalogue.find(run.action)
        if runnable is None:
            self.missed_action = True
            return released(run)
        handler = runnable.handlers.get(run.handler)
        if handler is None:
            return unknown_handler(run, runnable.action)
        try:
            args = runnable.validate(run.args)
        except ValidationError as error:
            return failed(run, "invalid_args", f"args do not fit {run.action}: {_problems(error)}")
        return await self._handle(run, runnable, handler, NodeContext(run, args, self._services))

    async def _handle(self, run: Activation, runnable: Runnable, handler: Handler, node: NodeContext) -> Act | None:
        try:
            if run.state is not None:
                settled = await node.settle_unclear_effect() or node.settle_approval()
                if settled is not None:
                    return settled
            return await self._decide(run, runnable, node, await handler(node))
        except UnclearEffectError as error:
            return node.ask_about_effect(error)
        except (LostActivationError, NoPlaceError) as error:
            return released(run, delay_s=error.delay_s) if isinstance(error, NoPlaceError) else None
        except (asyncio.CancelledError, GeneratorExit) as error:
            task = asyncio.current_task()
            if run.open and (isinstance(error, GeneratorExit) or (task is not None and task.cancelling())):
                raise
            # Cancelled by us, so that the act is dropped anyway; or it awaited what someone else had cancelled.
            return self._raised(run, runnable, node, error)
        except BaseException as error:  # noqa: BLE001 - whatever a handler raises, SystemExit too, is its own node's failure
            return self._raised(run, runnable, node, error)

    async def _decide(self, run: Activation, runnable: Runnable, node: NodeContext, outcome: object) -> Act:
        try:
            act = decide(run, runnable.action, outcome, self._catalogue.known)
        except UnknownChildrenError:
            await self._catalogue.refresh(self._services.side)
            try:
                act = decide(run, runnable.action, outcome, self._catalogue.known)
            except UnknownChildrenError as error:
                return failed(run, "unknown_action", f"Spawn names actions that are not registered: {error}")
        try:
            act.state = node.changed_state()
            return node.ask_approval(act, outcome.plan) if isinstance(outcome, Spawn) else act
        except BadValueError as error:
            return failed(run, "bad_value", error)

    def _raised(self, run: Activation, runnable: Runnable, node: NodeContext, error: BaseException) -> Act:
        if run.open:
            _LOG.info("%s.%s raised at attempt %d", run.action, run.handler, run.attempt, exc_info=error)
        act = after_exception(run, error, runnable.max_backoff_s)
        act.state = node.noted_state()
        return act


def _problems(error: ValidationError) -> str:
    told = error.errors(include_url=False, include_context=False, include_input=False)[:5]
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'args'}: {problem['msg']}" for problem in told)
