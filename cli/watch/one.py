"""One swarm: its tree in a terminal, a line for each change in a pipe, or its events as lines of JSON."""

import os
import select
import sys
from typing import Any

from pgswarm.cli.exits import Exit
from pgswarm.cli.output import one_line
from pgswarm.cli.run.ending import Ending, Result, ending_of, summary
from pgswarm.cli.run.follow import MOST, Follower
from pgswarm.cli.run.model import ERROR_CODES
from pgswarm.cli.run.questions import how_to_answer
from pgswarm.cli.run.screen import JsonScreen, PlainScreen, Screen
from pgswarm.cli.run.state import SwarmState
from pgswarm.cli.signals import Signals

POLL_S = 0.5
GOAL_CHARS = 300
OUTCOMES = {"succeeded": Exit.SUCCEEDED}


def drawn(*, as_json: bool) -> bool:
    """Whether there is a terminal to draw in."""
    return not as_json and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def watch_swarm(follower: Follower, goal: str, after: int, *, as_json: bool) -> Exit:
    """Watch until the swarm has ended, or the watcher has had enough; events up to `after` are not shown again.

    Returns the exit code: that of the swarm's outcome, or of the interrupt.
    """
    screen = _screen(follower, as_json=as_json)
    state = SwarmState()
    try:
        with Signals() as signals:
            follower.hurried = lambda: bool(signals.received)
            if not as_json:
                screen.begin([f"Goal: {one_line(goal, GOAL_CHARS)}", f"Swarm: {follower.swarm_id}"])
            while not signals.received:
                events = follower.take()
                for event in events:
                    state.apply(event)
                    if event.seq > after:
                        screen.event(event, state)
                if len(events) == MOST:
                    continue
                if state.swarm.get("status") == "terminated":
                    return _end(follower, screen, state)
                screen.draw(state, _question(state), None)
                _wait(follower, signals)
            return Exit.INTERRUPTED
    finally:
        screen.close()
        follower.close()


def _question(state: SwarmState) -> dict[str, Any] | None:
    """Return the first open question, with how it is answered: not here."""
    questions = state.open_questions()
    if not questions:
        return None
    return questions[0] | {"prompt": f"{questions[0]['prompt']}\n{how_to_answer(questions[0])}"}


def _end(follower: Follower, screen: Screen, state: SwarmState) -> Exit:
    swarm = follower.whole(dict(state.swarm))
    told = ending_of(state, answers_open=False, model_codes=ERROR_CODES) or Ending(Exit.FAILED, "ended")
    ending = Ending(OUTCOMES.get(str(swarm.get("outcome")), Exit.FAILED), told.told)
    screen.end(Result(ending, state, str(swarm.get("report") or ""), summary(state, follower.spent())))
    return ending.code


def _screen(follower: Follower, *, as_json: bool) -> Screen:
    if as_json:
        return JsonScreen(follower.whole)
    if not drawn(as_json=as_json):
        return PlainScreen()
    from pgswarm.cli.run.live import LiveScreen

    return LiveScreen(follower.spent)


def _wait(follower: Follower, signals: Signals) -> None:
    handles = [signals.handle, *([] if follower.handle is None else [follower.handle])]
    readable, _, _ = select.select(handles, [], [], POLL_S)
    if signals.handle in readable:
        signals.clear()
    if follower.handle in readable:
        follower.woken()
