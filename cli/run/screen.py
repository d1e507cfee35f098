"""What a run shows, in two of its three forms: plain lines for people and pipes, JSON lines for programs.

Rule: standard output holds the product only (lines of the tree and the report, or events); what is said about the run
itself goes to standard error.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import typer

from pgswarm.cli.output import one_line, safe
from pgswarm.cli.run.ending import Result
from pgswarm.cli.run.follow import frame
from pgswarm.cli.run.questions import question_lines, shown
from pgswarm.cli.run.state import Event, SwarmState
from pgswarm.cli.tree import MARKS

DIRECTIVE_CHARS = 120
DEEPEST = 20
Question = Mapping[str, Any]
TOLD = {
    ("node.running", "claim"): "running",
    ("node.waiting_user", "ask"): "asks",
    ("node.awaiting_children", "spawn"): "waits for its parts:",
    ("node.pending", "retry"): "tries again",
    ("node.pending", "expire"): "taken back",
    ("node.pending", "release"): "given back",
}


class Screen(Protocol):
    """Where a run is shown."""

    def begin(self, lines: Sequence[str]) -> None:
        """Say what begins."""

    def event(self, event: Event, state: SwarmState) -> None:
        """Show one event; `state` has it already."""

    def draw(self, state: SwarmState, question: Question | None, typed: str | None) -> None:
        """Show the state as it is now, if it is time."""

    def ask(self, question: Question, trouble: str) -> None:
        """Put a question, or put it again after an answer that did not fit."""

    def note(self, text: str) -> None:
        """Say something about the run itself."""

    def end(self, result: Result) -> None:
        """Show how it ended."""

    def close(self) -> None:
        """Put everything back, whatever happened."""


class PlainScreen:
    """A line for each change."""

    def __init__(self) -> None:
        """Start with nothing shown."""
        self._start = ""

    def begin(self, lines: Sequence[str]) -> None:
        """Print what begins."""
        for line in lines:
            typer.echo(safe(line))

    def event(self, event: Event, state: SwarmState) -> None:
        """Print the change, where it is one that people follow."""
        line = change_line(event, state)
        if line is not None:
            typer.echo(line)

    def draw(self, state: SwarmState, question: Question | None, typed: str | None) -> None:
        """Draw nothing."""

    def ask(self, question: Question, trouble: str) -> None:
        """Put the question on standard error: the answer is expected on standard input."""
        if trouble:
            typer.echo(trouble, err=True)
        typer.echo("\n".join(question_lines(question)) + "\n> ", err=True, nl=False)

    def note(self, text: str) -> None:
        """Say it on standard error."""
        typer.echo(safe(text), err=True)

    def end(self, result: Result) -> None:
        """Print the report and what it took; what to do goes to standard error."""
        if result.report:
            typer.echo(f"\n{safe(result.report)}")
        typer.echo(f"\n{safe(result.headline)} {result.summary}")
        for line in result.ending.remedy:
            typer.echo(safe(line), err=True)

    def close(self) -> None:
        """Do nothing."""


class JsonScreen:
    """An event a line, each the contract's frame."""

    def __init__(self, whole: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Take what fills in long texts."""
        self._whole = whole

    def begin(self, lines: Sequence[str]) -> None:
        """Say it on standard error."""
        for line in lines:
            self.note(line)

    def event(self, event: Event, state: SwarmState) -> None:
        """Print the frame."""
        del state
        typer.echo(frame(event, self._whole(dict(event.data))))

    def draw(self, state: SwarmState, question: Question | None, typed: str | None) -> None:
        """Draw nothing."""

    def ask(self, question: Question, trouble: str) -> None:
        """Say on standard error that a line of standard input is expected; the question itself is an event."""
        self.note(trouble or f"Question: {one_line(question['prompt'])}")

    def note(self, text: str) -> None:
        """Say it on standard error."""
        typer.echo(safe(text), err=True)

    def end(self, result: Result) -> None:
        """Say on standard error how it ended: the report is in the last event."""
        self.note(f"{result.headline} {result.summary}")
        for line in result.ending.remedy:
            self.note(line)

    def close(self) -> None:
        """Do nothing."""


def change_line(event: Event, state: SwarmState) -> str | None:
    """Return the line of one event; None for those which another line tells as well."""
    family, _, what = event.kind.partition(".")
    if family == "question":
        told = event.data["prompt"] if what == "asked" else f"{what}: {shown(event.data.get('answer'))}"
        return f"{'?' if what == 'asked' else '!'} {one_line(told, DIRECTIVE_CHARS)}"
    if event.kind == "swarm.budget_exceeded":
        return f"! the limit of {event.data.get('limit')} is reached"
    if event.kind in {"swarm.paused", "swarm.resumed", "swarm.budget_raised"}:
        return f"! {what.replace('_', ' ')}"
    node = state.nodes.get(event.node_id or "")
    return None if node is None or family != "node" else _move(event, node, state.directive(node))


def _move(event: Event, node: Mapping[str, Any], directive: str) -> str | None:
    """Return the line of one move of a node."""
    error = one_line(str((node["error"] or {}).get("message") or ""), DIRECTIVE_CHARS)
    because = f" ({error})" if error else ""
    told = TOLD.get((event.kind, event.verb or ""), "")
    if event.kind == "node.running" and event.data["activation"] > 1:
        told = "goes on"
    if event.kind == "node.terminated":
        told = node["outcome"] + (because if node["outcome"] == "failed" else "")
    elif event.verb == "retry":
        told += because
    if not told:
        return None
    indent = "  " * min(node["depth"], DEEPEST)
    mark = MARKS.get(node["outcome"] or node["status"], " ")
    return f"{indent}{mark} {told} {node['action']}  {one_line(directive, DIRECTIVE_CHARS)}".rstrip()
