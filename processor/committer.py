"""The commit loop: all that finished since the last commit goes into one transaction, which claims the next batch too.

One rule: one transaction is under way at a time. What finishes meanwhile gathers for the next, so commits are wide
under load and at once when idle. A commit that was not acknowledged is settled before anything else is sent (`settle`).
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import psycopg

from pgswarm.processor import backoff
from pgswarm.processor.activation import Activation, Row
from pgswarm.processor.acts import Act, error_value
from pgswarm.processor.advance import Advance, Claim
from pgswarm.processor.connect import LOST
from pgswarm.processor.quarantine import LOSSES
from pgswarm.processor.runner import Runner
from pgswarm.processor.settings import LANES, Settings
from pgswarm.schema.states import Verb

_LOG = logging.getLogger(__name__)

MAX_ACTS: Final = 2_000
MAX_ROWS: Final = 60_000
"""A commit takes acts until they make about this many rows; a single act may make more."""
MAX_BURST: Final = 448
"""How many nodes more than there are slots a claim may take while handlers end as soon as they start."""
RECONCILE_S: Final = 30.0
MOVED: Final = (
    psycopg.errors.UndefinedFunction, psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedObject, psycopg.errors.FeatureNotSupported, psycopg.InternalError,
)  # fmt: skip
"""What a call that runs while the database is migrated may meet: it is no fault of what was to be committed."""
MOST_MOVES: Final = 10


@dataclass(slots=True)
class Found:
    """What a claim said of the work that there is; `idle_in_s` are seconds until the next timer."""

    more: bool = False
    idle: bool = False
    idle_in_s: float | None = None


class Listener(Protocol):
    """Who wants to hear what commits brought."""

    def events(self, swarm_key: bytes, from_seq: int, to_seq: int) -> None:
        """Note a range of new events, ends inclusive."""

    def work(self) -> None:
        """Note that claimable work is left."""


class Committer:
    """Gathers acts, commits them, claims, and feeds the runner."""

    def __init__(self, settings: Settings, advance: Advance, listener: Listener) -> None:
        """Take the settings, the verb, and who hears of events."""
        self._settings = settings
        self._advance = advance
        self._listener = listener
        self._acts: deque[Act] = deque()
        self._gone: list[int] = []
        self._held: Counter[int] = Counter()
        self._wake = asyncio.Event()
        self._claim_at = 0.0
        self._fresh_at = 0.0  # when the reserved slots alone are worth a claim
        self._burst = 0
        self._filled = 0
        self._acted = 0
        self._denied = 0
        self._max_acts = MAX_ACTS
        self._failures = 0
        self._moves = 0
        self._reconciled_at = time.monotonic()
        self._committing = False
        self._lost = False
        self._idle = asyncio.Event()
        self._idle_in_s: float | None = None
        self.runner: Runner
        self.claiming = True
        self.fenced = 0

    def done(self, act: Act) -> None:
        """Take an act for the next commit."""
        self._acts.append(act)
        self._wake.set()

    def dropped(self, run: Activation) -> None:
        """Note that an activation ended without an act."""
        self._gone.append(run.claim_id)
        self._wake.set()

    def wake(self) -> None:
        """Claim soon: there may be work."""
        self._claim_at = self._fresh_at = 0.0
        self._wake.set()

    def declared_dead(self) -> None:
        """Drop everything and register anew, as soon as what is under way has ended."""
        self._lost = True
        self._wake.set()

    async def until_idle(self) -> float | None:
        """Wait until a claim found nothing while nothing ran; return the seconds to the next timer, if there is one."""
        self._idle.clear()
        await self._idle.wait()
        return self._idle_in_s

    @property
    def empty(self) -> bool:
        """Whether every act that was taken is committed."""
        return not self._acts and not self._committing

    async def run(self, register: Callable[[], Awaitable[None]]) -> None:
        """Commit and claim for as long as the process lives; `register` makes a worker anew."""
        while True:
            await self._due()
            if self._lost:
                await self._start_over(register)
            self._committing = True
            try:
                acts = self._take()
                self._widen(len(acts))
                await self._commit(acts, self._next_claim())
            finally:
                self._committing = False
            if not self._acts:
                self.runner.start_suspect()

    async def _due(self) -> None:
        while not self._acts and not self._lost:
            self._wake.clear()
            wait_s: float | None = None
            slots = self._slots()
            if self.claiming and slots > 0:
                at = self._claim_at if slots > self._settings.reserved else self._fresh_at
                wait_s = at - time.monotonic()
                if wait_s <= 0:
                    return
            try:
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
            except TimeoutError:
                return

    def _slots(self) -> int:
        return self._settings.concurrency + self._burst - self.runner.running - self.runner.queued

    def _next_claim(self) -> Claim:
        slots = self._slots() if self.claiming else 0
        if slots <= 0:
            return Claim(0, LANES, 0, None)
        reserved = min(self._settings.reserved, slots)
        if slots == reserved and time.monotonic() < self._fresh_at:
            return Claim(0, LANES, 0, None)
        patterns = self._advance.patterns(narrow=self.runner.missed_action)
        return Claim(slots - reserved, LANES, reserved, patterns)

    def _widen(self, acts: int) -> None:
        """Claim more than there are slots while all that was claimed has ended by now; stop when nodes wait for one."""
        if self.runner.stuck:
            self._burst = self._filled = 0
        self._acted += acts
        if 0 < self._filled <= self._acted:
            self._burst = min(MAX_BURST, max(64, self._burst * 2))
            self._filled = 0

    def _take(self) -> list[Act]:
        taken: list[Act] = []
        rows = 0
        while self._acts and len(taken) < self._max_acts and (not taken or rows + self._acts[0].weight() <= MAX_ROWS):
            act = self._acts.popleft()
            rows += act.weight()
            taken.append(act)
        return taken

    async def _commit(self, acts: Sequence[Act], claim: Claim) -> None:
        gone, self._gone = self._gone, []
        closed = Counter(act.activation.claim_id for act in acts)
        closed.update(gone)
        done_claims = [claim_id for claim_id, count in closed.items() if self._held[claim_id] <= count]
        try:
            rows = await self._advance.send(acts, done_claims, claim)
        except psycopg.errors.QueryCanceled as error:
            self._gone = gone + self._gone
            await self._too_slow(acts, error)
            return
        except LOST as error:
            self._gone = gone + self._gone
            await self._settle(acts, error)
            return
        except psycopg.Error as error:
            self._gone = gone + self._gone
            if isinstance(error, MOVED) and self._moves < MOST_MOVES:
                self._moves += 1
                _LOG.warning("the database refused a commit as if it were being migrated, trying again: %s", error)
                await self._settle(acts, error)
            else:
                await self._refused(acts, error)
            return
        self._failures = self._moves = 0
        self._max_acts = min(MAX_ACTS, self._max_acts * 2)
        self._held.subtract(closed)
        for claim_id in done_claims:
            del self._held[claim_id]
        await self._take_over(self._read(rows, claim))
        if time.monotonic() - self._reconciled_at > RECONCILE_S:
            await self._reconcile()

    def _read(self, rows: Iterable[Row], claim: Claim) -> list[Activation]:
        """Tell what came back to whom it concerns; return what was claimed."""
        now = time.monotonic()
        runs: list[Activation] = []
        found = Found()
        for row in rows:
            match row[0]:
                case "claimed":
                    runs.append(Activation(row, now))
                case "events":
                    self._listener.events(row[1], row[18], row[19])
                case "more":
                    found.more = True
                    self._listener.work()
                case "idle":
                    found.idle, found.idle_in_s = True, row[20]
                case "fenced":
                    self.fenced += 1
                    _LOG.info("fenced: node %s is not ours any more", UUID(bytes=row[2]))
        if claim.wanted:
            self._plan(claim, found, len(runs), now)
        self._held.update(run.claim_id for run in runs)
        return runs

    async def _take_over(self, runs: list[Activation]) -> None:
        if not self.claiming or self._lost:
            self.runner.refuse(runs)
            return
        doubtful = [run for run in runs if run.attempt > LOSSES]
        if not doubtful:
            self.runner.feed(runs)
            return
        try:
            suspects = await self._advance.suspects(doubtful)
        except (psycopg.Error, *LOST) as error:
            _LOG.info("it is not known which nodes were lost before: %s", error)
            suspects = {run.node_key for run in doubtful}
        self.runner.feed([run for run in runs if run.node_key not in suspects])
        self.runner.feed_suspects([run for run in runs if run.node_key in suspects])

    def _plan(self, claim: Claim, found: Found, claimed: int, now: float) -> None:
        """Decide when to claim again, and how many."""
        runner = self.runner
        if found.more and 0 < claim.limit <= claimed:
            self._filled, self._acted = claimed, 0
        if found.idle and found.idle_in_s == 0:  # another worker is committing those swarms
            self._denied += 1
            self._claim_at = self._fresh_at = now + _jittered(min(0.05, 0.002 * self._denied))
            return
        self._denied = 0
        poll_s = _jittered(self._settings.poll_s)
        if found.more:
            self._claim_at = now
        else:
            self._claim_at = now + (poll_s if found.idle_in_s is None else min(poll_s, found.idle_in_s))
        self._fresh_at = now if claimed > claim.limit else now + poll_s
        if found.idle and not runner.running and not runner.queued and not self._acts:
            self._idle_in_s = found.idle_in_s
            self._idle.set()

    async def _settle(self, acts: Sequence[Act], error: BaseException) -> None:
        """After a lost connection: find out what committed, and send the rest again."""
        await self._advance.lost(error)
        self._failures += 1
        tries = 0
        if self._failures > 1:
            await asyncio.sleep(backoff.delay(self._failures - 1, first_s=0.02, longest_s=2.0))
        while not self._lost:
            try:
                claims = [claim for claim, count in self._held.items() if count > 0]
                runs = (*self.runner.open_runs(), *(act.activation for act in self._acts))
                held = await self._advance.settle(acts, claims, runs)
            except LOST as again:
                await self._advance.lost(again)
            except psycopg.Error as refused:
                _LOG.error("the database refused to say what was committed: %s", refused)
            else:
                self._forget([act for act in acts if act.activation.node_key not in held])
                self._acts.extendleft(reversed([act for act in acts if act.activation.node_key in held]))
                self._reconciled_at = time.monotonic()
                return
            tries += 1
            await asyncio.sleep(backoff.delay(tries, first_s=0.02, longest_s=1.0))

    def _forget(self, acts: Sequence[Act]) -> None:
        self._gone.extend(act.activation.claim_id for act in acts)

    async def _reconcile(self) -> None:
        try:
            await self._advance.reconcile([claim for claim, count in self._held.items() if count > 0])
        except LOST as error:
            await self._advance.lost(error)
        except psycopg.Error as error:
            _LOG.error("the database refused to compare claims: %s", error)
        self._reconciled_at = time.monotonic()

    async def _too_slow(self, acts: Sequence[Act], error: psycopg.Error) -> None:
        """After the statement's timeout: smaller commits; an act that is too large by itself fails its node."""
        if len(acts) == 1 and acts[0].weight() > MAX_ACTS:
            await self._refused(acts, error)
            return
        self._max_acts = max(1, len(acts) // 2)
        await self._settle(acts, error)

    async def _refused(self, acts: Sequence[Act], error: psycopg.Error) -> None:
        """After a refusal: nothing was committed. Find the act that is at fault, and fail its node only."""
        if len(acts) > 1:
            middle = len(acts) // 2
            for part in (acts[:middle], acts[middle:]):
                await self._commit(part, Claim(0, LANES, 0, None))
            return
        _LOG.error("the database refused a commit: %s", error)
        if acts and acts[0].verb is not Verb.FAIL:
            run = acts[0].activation
            value = error_value(
                "commit_refused", f"the database refused this outcome: {error.diag.message_primary or error}"
            )
            self._acts.appendleft(Act(run, Verb.FAIL, error=value))
        elif acts:  # not even its failure can be written: its lease ends by itself, and its attempts are counted
            self._forget(acts)
        else:
            self._denied += 1
            self._claim_at = time.monotonic() + backoff.delay(self._denied)

    async def _start_over(self, register: Callable[[], Awaitable[None]]) -> None:
        """This worker was declared dead: offer what it had, which is refused and counted, and be another."""
        self.runner.release_all()
        with contextlib.suppress(*LOST, psycopg.Error):
            await self._advance.send(self._acts, [], Claim(0, LANES, 0, None))
        self._acts.clear()
        self._gone.clear()
        self._held.clear()
        self._lost = False
        await register()
        self.wake()


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.7, 1.1)  # noqa: S311 - jitter, not a secret
