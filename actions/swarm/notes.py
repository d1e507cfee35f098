"""What one node tells another of work that is done: the directive, how it ended, the report. Bounded in size."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from pgswarm.actions.node import Answer, Report
from pgswarm.actions.swarm.outputs import output_of

MAX_CHARS = 60_000
_FILLED = frozenset({"context", "level"})
_OTHERS = ("mcp/", "a2a/", "created/")
_OUTPUTS = 3
_CUT = "\n… (cut: the whole is in the report of its node)"


class Note(BaseModel):
    """A report as context for later work; `output` is what it hands on as JSON, which is never cut."""

    model_config = ConfigDict(extra="ignore")

    directive: str
    report: str = ""
    outcome: str = "succeeded"
    error: dict[str, Any] | None = None
    output: dict[str, Any] | None = None


def note_of(report: Report) -> Note:
    """Return a child's report as a note."""
    return Note(
        directive=report.directive,
        report=report.report or "",
        outcome=report.outcome.value,
        error=dict(report.error) if report.error else None,
        output=output_of(report.report or ""),
    )


def bounded(notes: Sequence[Note], most: int = MAX_CHARS) -> list[dict[str, Any]]:
    """Return the notes as JSON with at most `most` characters of reports, cut evenly where there is more.

    Outputs are whole or left out: the newest, a third of `most` in all.
    """
    share = most // max(len(notes), 1)
    short = sum(max(share - len(note.report), 0) for note in notes)
    long = sum(len(note.report) > share for note in notes)
    room = share + (short // long if long else 0)
    outputs = _fitting([note.output for note in notes], most // _OUTPUTS)
    return [
        {
            **{name: part for name, part in note.model_dump(exclude={"output"}).items() if part is not None},
            "report": note.report if len(note.report) <= room else note.report[:room] + _CUT,
            **({"output": output} if output else {}),
        }
        for note, output in zip(notes, outputs, strict=True)
    ]


def filled_in(action_id: str) -> frozenset[str]:
    """Return the arguments that whoever orders work fills in: none of an action whose arguments others have named."""
    return frozenset() if action_id.startswith(_OTHERS) else _FILLED


def _fitting(outputs: Sequence[dict[str, Any] | None], room: int) -> list[dict[str, Any] | None]:
    kept: list[dict[str, Any] | None] = []
    for output in reversed(outputs):
        room -= len(json.dumps(output)) if output else 0
        kept.append(output if room >= 0 else None)
    return kept[::-1]


def answered(answers: Iterable[Answer]) -> list[dict[str, str]]:
    """Return people's answers as JSON for a prompt."""
    return [{"question": a.prompt, "answer": _told(a)} for a in answers]


def _told(answer: Answer) -> str:
    if answer.expired and answer.answer is None:
        return "(nobody answered in time)"
    return as_text(answer.answer) + (f" (files: {', '.join(answer.files)})" if answer.files else "")


def as_text(answer: Any) -> str:
    """Return an answer as text: a string as it is, anything else as JSON."""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
