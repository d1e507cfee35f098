"""The loop of a run: events in, the screen kept up to date, answers out, processors kept alive, until it has ended.

Rule: one thread, one wait for everything (the database, the keys, signals, what processors say), and no wait longer
than `POLL_S`.
"""

import os
import select
import time
from collections.abc import Callable, Mapping
from typing import Any

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.run.ending import Ending, ending_of, interrupted
from pgswarm.cli.run.follow import MOST, Follower
from pgswarm.cli.run.input import Answers, LineAnswers, TerminalAnswers
from pgswarm.cli.run.model import ERROR_CODES
from pgswarm.cli.run.questions import give_answer
from pgswarm.cli.run.screen import Screen
from pgswarm.cli.run.state import SwarmState
from pgswarm.cli.signals import Signals
from pgswarm.cli.workers import Crew
from pgswarm.cli.workers.crew import STOP_S

POLL_S = 0.25
GATHER_S = 0.03
"""After some events the next ones are waited for a little, so that they come together."""
CHUNK = 65_536
PAUSE = "select pgswarm.pause_swarm(swarm_id => %(swarm_id)s)"


class Watch:
    """One run."""

    def __init__(self, follower: Follower, crew: Crew, screen: Screen, answers: Answers, errors: int | None) -> None:
        """Take the parts; `errors`: where what the processors say can be read, if this command shows it."""
        self._follower = follower
        self._crew = crew
        self._screen = screen
        self._answers = answers
        self._errors = errors
        self._errors_rest = b""
        self._question: Mapping[str, Any] | None = None
        self._signals = Signals(answers.take_over if isinstance(answers, TerminalAnswers) else None)
        self.state = SwarmState()
        follower.hurried = lambda: bool(self._signals.received)

    def run(self, seen: int) -> Ending:
        """Watch until the end and return it; events up to `seen` are old, and not shown again as they came."""
        with self._signals:
            while True:
                got = self._take(seen)
                if self._signals.received:
                    ending = self._pause(seen)
                    if ending is not None:
                        return ending
                if got < MOST:  # else there is more, and the state is one that never was
                    ending = ending_of(self.state, answers_open=self._answers.open, model_codes=ERROR_CODES)
                    if ending is not None:
                        return ending
                self._choose_question()
                for line in self._tend():
                    self._screen.note(line)
                self._screen.draw(self.state, self._question, self._answers.typed)
                self._wait(GATHER_S if got else POLL_S, events=not got)

    def _take(self, seen: int) -> int:
        events = self._follower.take()
        for event in events:
            self.state.apply(event)
            if event.seq > seen:
                self._screen.event(event, self.state)
        return len(events)

    def _tend(self) -> list[str]:
        """Keep the processors alive; all but the first come once the first node is under way."""
        return self._crew.tend() if self.state.activations else self._crew.tend_first()

    def _pause(self, seen: int) -> Ending | None:
        """Pause the swarm and let what runs end; None where the swarm has ended by itself."""
        self._screen.note("Pausing; what runs is finished first (Ctrl-C again: at once).")
        pressed = len(self._signals.received)
        asked = {"swarm_id": self._follower.swarm_id}
        self._follower.lasting(lambda: self._follower.connection.execute(PAUSE, asked))
        self._crew.hang_up()
        end = time.monotonic() + STOP_S
        while not self._crew.ended() and time.monotonic() < end and len(self._signals.received) == pressed:
            self._take(seen)
            self._screen.draw(self.state, None, None)
            self._wait(GATHER_S, events=False)
        self._crew.kill()
        self._take(seen)
        if self.state.swarm.get("status") == "terminated":
            return ending_of(self.state, answers_open=False, model_codes=ERROR_CODES)
        return interrupted(self.state)

    def _choose_question(self) -> None:
        """Put the first open question; keep to the one that is put as long as it is open."""
        known = self._question
        if known is not None and known["question_id"] in self.state.questions:
            return
        self._question = None
        for question in self.state.open_questions():
            if self._answers.open:
                self._question = self._follower.whole(dict(question))
                self._screen.ask(self._question, "")
                return

    def _wait(self, seconds: float, *, events: bool) -> None:
        """Wait for whatever comes first; for new events only where they are not being gathered."""
        handles: dict[int, Callable[[], None]] = {self._signals.handle: self._signals.clear}
        if events and (handle := self._follower.handle) is not None:
            handles[handle] = self._follower.woken
        if self._errors is not None:
            handles[self._errors] = self._hear
        if self._question is not None and self._answers.handle is not None:
            handles[self._answers.handle] = self._answer
            if isinstance(self._answers, LineAnswers) and self._answers.waiting:
                self._answer()
                return
        readable, _, _ = select.select(list(handles), [], [], seconds)
        for handle in readable:
            handles[handle]()

    def _answer(self) -> None:
        typed = self._answers.read()
        question = self._question
        if typed is None or question is None:
            self._screen.draw(self.state, question, self._answers.typed)
            return
        try:
            said = give_answer(self._follower, question, typed)
        except BadInputError as error:
            self._screen.ask(question, f"{error.message[:1].upper()}{error.message[1:]}. {error.remedy}".strip())
            return
        if said:
            self._screen.note(said)
        self.state.questions.pop(question["question_id"], None)
        self._question = None

    def _hear(self) -> None:
        """Show what processors say, whole lines."""
        if self._errors is None:
            return
        *lines, self._errors_rest = (self._errors_rest + os.read(self._errors, CHUNK)).split(b"\n")
        for line in lines:
            self._screen.note(line.decode(errors="replace"))
