"""The whole of a run, in order: model, processors, database, swarm, watching, ending.

Rule: what takes long begins first (a processor imports while the database comes up), what can be wrong is found before
anything is written, and no processor outlives the command.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from pgswarm.cli.exits import CommandError, Exit
from pgswarm.cli.output import one_line, short_time
from pgswarm.cli.run.request import Request
from pgswarm.cli.workers import Crew

if TYPE_CHECKING:
    from pgswarm.cli.run.follow import Follower
    from pgswarm.cli.run.screen import Screen

GOAL_CHARS = 300
LEAVE_S = 1.0
"""How long the end of the processors is waited for: nothing of this swarm runs any more."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the run shows itself and who answers."""

    processors: int
    as_json: bool
    no_input: bool

    @property
    def drawn(self) -> bool:
        """Whether the tree is drawn: on a terminal that can."""
        return not self.as_json and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def run_goal(request: Request, manner: Manner) -> Exit:
    """Run the goal to its end, or as far as it goes; return the exit code."""
    with _errors(manner) as (reading, writing):
        environment = {} if request.model is None else {"PGSWARM_MODEL": request.model}
        with Crew(manner.processors, environment, writing) as crew:
            try:
                return _run(request, manner, crew, reading)
            except KeyboardInterrupt:
                raise CommandError(
                    "interrupted before the swarm was under way", "The same command goes on.", Exit.INTERRUPTED
                ) from None
            except BrokenPipeError:
                _close_output()
                raise CommandError(
                    "standard output was closed", "The swarm stays active: the same command goes on with it."
                ) from None


def _run(request: Request, manner: Manner, crew: Crew, errors: int | None) -> Exit:
    crew.warm_up()
    from pgswarm.cli.database import bring_up, connect, database_url, url_to_migrate
    from pgswarm.cli.run.model import check_model

    model = check_model(request.model)
    url = url_to_migrate()
    from pgswarm.cli.run.ending import Result, summary
    from pgswarm.cli.run.follow import Follower
    from pgswarm.cli.run.input import find_answers
    from pgswarm.cli.run.start import check_args, start, wait_until_registered
    from pgswarm.cli.run.watch import Watch

    check_args(request)
    bring_up(url, processors=manner.processors)
    crew.begin(url)
    with connect(url) as connection:
        said = wait_until_registered(connection, crew)
        started = start(connection, request)
    follower = Follower(database_url, started.swarm_id, _note, fat=manner.as_json)
    intro = [f"Goal: {one_line(request.goal, GOAL_CHARS)}", f"Swarm: {started.swarm_id}", f"Model: {model}", *said]
    intro += [file.note for file in request.files if file.note]
    if started.found_at is not None:
        was = ", paused," if started.was_paused else ""
        intro.append(
            f"The same command started it{was} at {short_time(started.found_at)}: going on with it "
            f"(for a new one, first `pgswarm cancel {started.swarm_id}`)."
        )
    screen = _screen(manner, follower)
    answers = find_answers(wanted=not manner.no_input, drawn=manner.drawn)
    try:
        screen.begin(intro)
        watch = Watch(follower, crew, screen, answers, errors)
        ending = watch.run(0 if manner.as_json else started.seen)
        swarm = follower.whole(dict(watch.state.swarm))
        report = str(swarm.get("report") or "")
        screen.end(Result(ending, watch.state, report, summary(watch.state, follower.spent())))
    finally:
        answers.close()
        screen.close()
        follower.close()
    crew.leave(LEAVE_S)
    return ending.code


def _screen(manner: Manner, follower: "Follower") -> "Screen":
    from pgswarm.cli.run.screen import JsonScreen, PlainScreen

    if manner.as_json:
        return JsonScreen(follower.whole)
    if not manner.drawn:
        return PlainScreen()
    from pgswarm.cli.run.live import LiveScreen

    return LiveScreen(follower.spent)


@contextmanager
def _errors(manner: Manner) -> Iterator[tuple[int | None, int | None]]:
    """Give both ends of a pipe for what processors say where a tree is drawn: it must not be drawn over."""
    if not manner.drawn:
        yield None, None
        return
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    try:
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


def _note(text: str) -> None:
    typer.echo(text, err=True)


def _close_output() -> None:
    """Let Python's own flush at the end go nowhere."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
