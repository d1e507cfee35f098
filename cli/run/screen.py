"""What a run shows, in two of its three forms: plain lines for people and pipes, JSON lines for programs.

Rule: standard output holds the product only (lines of the tree and the report, or events); what is said about the run
itself goes to standard error.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import typer

from pgswarm.cli.output import one_line, safe
from pgswarm.cli.run.ending import Ending
from pgswarm.cli.run.follow import frame
from pgswarm.cli.run.questions import question_lines
from pgswarm.cli.run.state import Event, SwarmState
from pgswarm.cli.tree import MARKS

DIRECTIVE_CHARS = 160
DEEPEST = 20
Question = Mapping[str, Any]


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

    def end(self, state: SwarmState, ending: Ending, report: str, summary: str) -> None:
        """Show how it ended."""


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
        line = _change(event, state)
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

    def end(self, state: SwarmState, ending: Ending, report: str, summary: str) -> None:
        """Print the report and what it took; what to do goes to standard error."""
        if report:
            typer.echo(f"\n{safe(report)}")
        typer.echo(f"\n{ending.told[:1].upper()}{ending.told[1:]}. {summary}")
        for line in ending.remedy:
            typer.echo(safe(line), err=True)


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
        typer.echo(frame(event, self._whole(dict(event.data))))

    def draw(self, state: SwarmState, question: Question | None, typed: str | None) -> None:
        """Draw nothing."""

    def ask(self, question: Question, trouble: str) -> None:
        """Say on standard error that a line of standard input is expected; the question itself is an event."""
        self.note(trouble or f"Question: {one_line(question['prompt'])}")

    def note(self, text: str) -> None:
        """Say it on standard error."""
        typer.echo(safe(text), err=True)

    def end(self, state: SwarmState, ending: Ending, report: str, summary: str) -> None:
        """Say on standard error how it ended: the report is in the last event."""
        self.note(f"{ending.told[:1].upper()}{ending.told[1:]}. {summary}")
        for line in ending.remedy:
            self.note(line)


def _change(event: Event, state: SwarmState) -> str | None:
    """Return the line of one event; None for those which another line tells as well."""
    if event.kind == "question.asked":
        return f"? {one_line(event.data['prompt'], DIRECTIVE_CHARS)}"
    if event.kind in {"question.answered", "question.expired"}:
        return f"! {event.kind.partition('.')[2]}: {one_line(str(event.data.get('answer')), DIRECTIVE_CHARS)}"
    if event.kind == "swarm.budget_exceeded":
        return f"! the limit of {event.data.get('limit')} is reached"
    if event.kind in {"swarm.paused", "swarm.resumed", "swarm.budget_raised"}:
        return f"! {event.kind.partition('.')[2].replace('_', ' ')}"
    node = state.nodes.get(event.node_id or "")
    if node is None or not event.kind.startswith("node."):
        return None
    told = _told(event, node)
    if told is None:
        return None
    indent = "  " * min(node["depth"], DEEPEST)
    state_of = node["outcome"] or node["status"]
    return f"{indent}{MARKS.get(state_of, ' ')} {told} {node['action']}  {one_line(node['directive'], DIRECTIVE_CHARS)}"


def _told(event: Event, node: Mapping[str, Any]) -> str | None:
    error = one_line(str((node["error"] or {}).get("message") or ""), DIRECTIVE_CHARS)
    match event.kind, event.verb:
        case "node.running", _:
            return "running"
        case "node.waiting_user", _:
            return "asks"
        case "node.awaiting_children", "spawn":
            return "waits for its parts:"
        case "node.terminated", _:
            return f"{node['outcome']}{f' ({error})' if error and node['outcome'] == 'failed' else ''}"
        case "node.pending", "retry":
            return f"tries again ({error})" if error else "tries again"
        case "node.pending", "expire" | "release":
            return "given back"
    return None
