"""What a run shows on a terminal: the tree as it grows, what it costs, and the question to be answered, in one place.

Rule: it is drawn at most ten times a second, and less often where drawing takes long; nothing that a model wrote can
steer the terminal.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from pgswarm.cli.exits import Exit
from pgswarm.cli.output import money, one_line, safe
from pgswarm.cli.run.ending import Result
from pgswarm.cli.run.fit import fit
from pgswarm.cli.run.questions import question_lines, shown
from pgswarm.cli.run.state import Event, SwarmState
from pgswarm.cli.tree import Line, tree_lines

EVERY_S = 0.1
SHARE = 5
"""Of the time, at most one part in so many is spent on drawing."""
SPENT_EVERY_S = 0.5
MOST_AT_THE_END = 300
LEAST_TREE = 3
CURSOR = "▏"
COLOURS = {
    "succeeded": "green",
    "failed": "red",
    "cancelled": "yellow",
    "running": "cyan",
    "waiting_user": "magenta",
    "awaiting_children": "",
    "pending": "dim",
}
WORDS = (
    ("running", "running"),
    ("pending", "pending"),
    ("awaiting_children", "awaiting parts"),
    ("waiting_user", "asking"),
    ("failed", "failed"),
)


class LiveScreen:
    """The tree in the terminal."""

    def __init__(self, spent: Callable[[], Mapping[str, Any]]) -> None:
        """Take what tells the cost so far."""
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._ask_spent = spent
        self._spent: Mapping[str, Any] = {}
        self._spent_at = 0.0
        self._next = 0.0
        self._trouble = ""
        self._typed: str | None = None

    def begin(self, lines: Sequence[str]) -> None:
        """Print what begins, and start to draw below it."""
        for line in lines:
            self._console.print(Text(safe(line)))
        self._live.start()

    def event(self, event: Event, state: SwarmState) -> None:
        """Keep what was answered above the tree; all else waits for the next drawing."""
        del state
        if event.kind == "question.answered":
            asked = one_line(event.data["prompt"])
            self._console.print(Text(f"{asked} → {one_line(shown(event.data['answer']))}", style="magenta"))

    def draw(self, state: SwarmState, question: Mapping[str, Any] | None, typed: str | None) -> None:
        """Draw the tree, if it is time."""
        now = time.monotonic()
        if now < self._next and typed == self._typed:  # what is typed is seen at once
            return
        self._typed = typed
        if now >= self._spent_at:
            self._spent = self._ask_spent()
            self._spent_at = now + SPENT_EVERY_S
        below = [self._counts(state), *self._asked(question, typed)]
        room = self._console.height - sum(self._rows(text) for text in below) - 1
        lines, left_out = fit(list(tree_lines(state.nodes.values())), max(room, LEAST_TREE))
        self._live.update(Group(*self._tree(state, lines, left_out), *below), refresh=True)
        took = time.monotonic() - now
        self._next = now + max(EVERY_S, took * SHARE)

    def ask(self, question: Mapping[str, Any], trouble: str) -> None:
        """Have the question drawn, with what was wrong with the last answer."""
        del question
        self._trouble = trouble
        self._next = 0.0

    def note(self, text: str) -> None:
        """Print it above the tree."""
        self._console.print(Text(safe(text), style="yellow"))

    def end(self, result: Result) -> None:
        """Leave the whole tree on the screen, and print the report and what it took below it."""
        nodes = result.state.nodes
        lines = list(islice(tree_lines(nodes.values()), MOST_AT_THE_END))
        left_out = len(nodes) - len(lines)
        if self._live.is_started:
            self._live.vertical_overflow = "visible"
            self._live.update(Group(*self._tree(result.state, lines, left_out)), refresh=True)
            self._live.stop()
        if result.report:
            self._console.print(Text(f"\n{safe(result.report)}"), soft_wrap=True)
        style = "bold green" if result.ending.code is Exit.SUCCEEDED else "bold yellow"
        self._console.print(Text(f"\n{safe(result.headline)}", style=style), Text(result.summary))
        for line in result.ending.remedy:
            self._console.print(Text(safe(line)), soft_wrap=True)

    def close(self) -> None:
        """Give the terminal back, whatever happened."""
        if self._live.is_started:
            self._live.stop()

    def _tree(self, state: SwarmState, lines: Sequence[Line], left_out: int) -> list[Text]:
        drawn = [self._line(line, state.directive(line.node)) for line in lines]
        if left_out:
            drawn.append(Text(f"  … and {left_out:,} more nodes", style="dim"))
        return drawn

    @staticmethod
    def _line(line: Line, directive: str) -> Text:
        style = COLOURS.get(line.state, "")
        error = (line.node["error"] or {}).get("message") if line.state == "failed" else None
        text = Text(line.indent, style="dim", no_wrap=True, overflow="ellipsis", end="\n")
        text.append(f"{line.mark} ", style=style or "default")
        text.append(f"{line.node['action']}  ", style=style or "default")
        text.append(one_line(str(error or directive)), style="red" if error else "default")
        return text

    def _counts(self, state: SwarmState) -> Text:
        parts = [f"{state.counts['terminated']}/{state.created} ended"]
        parts += [f"{state.counts[name]} {word}" for name, word in WORDS if state.counts[name]]
        if state.swarm.get("status") == "paused":
            parts.append("paused")
        seconds = self._spent.get("seconds", 0.0)
        parts += [f"{self._spent.get('tokens', 0):,} tokens", money(self._spent.get("cost_usd")), f"{seconds:.0f} s"]
        return Text(" · ".join(parts), style="bold", no_wrap=True, overflow="ellipsis")

    def _asked(self, question: Mapping[str, Any] | None, typed: str | None) -> list[Text]:
        if question is None:
            return []
        asked = [Text(line, style="magenta") for line in question_lines(question)]
        if self._trouble:
            asked.append(Text(self._trouble, style="red"))
        if typed is not None:
            asked.append(Text(f"> {safe(typed)}{CURSOR}"))
        return [Text(""), *asked]

    def _rows(self, text: Text) -> int:
        return 1 if text.no_wrap else max(1, len(text.wrap(self._console, self._console.width)))
