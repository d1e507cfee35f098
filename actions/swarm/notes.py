"""What one node tells another of work that is done: the directive, how it ended, the report. Bounded in size."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from pgswarm.actions.node import Answer, Report

MAX_CHARS = 60_000
_FILLED = frozenset({"context", "level"})
_OTHERS = ("mcp/", "a2a/", "created/")
_CUT = "\n… (cut: the whole is in the report of its node)"


class Note(BaseModel):
    """A report as context for later work."""

    model_config = ConfigDict(extra="ignore")

    directive: str
    report: str = ""
    outcome: str = "succeeded"
    error: dict[str, Any] | None = None


def note_of(report: Report) -> Note:
    """Return a child's report as a note."""
    return Note(
        directive=report.directive,
        report=report.report or "",
        outcome=report.outcome.value,
        error=dict(report.error) if report.error else None,
    )


def bounded(notes: Sequence[Note], most: int = MAX_CHARS) -> list[dict[str, Any]]:
    """Return the notes as JSON with at most `most` characters of reports, cut evenly where there is more."""
    share = most // max(len(notes), 1)
    short = sum(max(share - len(note.report), 0) for note in notes)
    long = sum(len(note.report) > share for note in notes)
    room = share + (short // long if long else 0)
    return [
        {
            **note.model_dump(exclude_none=True),
            "report": note.report if len(note.report) <= room else note.report[:room] + _CUT,
        }
        for note in notes
    ]


def filled_in(action_id: str) -> frozenset[str]:
    """Return the arguments that whoever orders work fills in: none of an action whose arguments others have named."""
    return frozenset() if action_id.startswith(_OTHERS) else _FILLED


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
