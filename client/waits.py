"""Waiting for a swarm's report: what an event means for whoever waits. Pure."""

from typing import Final
from uuid import UUID

from pgswarm.client.errors import NotSucceededError, QuestionOpenError
from pgswarm.client.models import Event, Question, Swarm

ASKED: Final = "question.asked"
EXCEEDED: Final = "swarm.budget_exceeded"
KINDS: Final = (ASKED, EXCEEDED)
"""What a wait looks at, beside the end."""
CONFLICT: Final = 409
"""An answer came too late: another was first, or the question is closed. The swarm goes on."""


def is_asked(event: Event) -> UUID | None:
    """Return the id of the question that was asked; None where it is another event."""
    return UUID(event.data["question_id"]) if event.kind in {ASKED, "snapshot.question"} else None


def is_exceeded(event: Event) -> bool:
    """Say whether a limit may have been reached, and the swarm is to be looked at."""
    return event.kind in {EXCEEDED, "snapshot.swarm"}


def check_budget(swarm: Swarm) -> None:
    """Raise `NotSucceededError` where the swarm is out of budget now."""
    if swarm.status == "paused" and swarm.paused_reason == "budget_exceeded":
        raise NotSucceededError(
            swarm.swarm_id, f"swarm {swarm.swarm_id} is out of budget: raise_budget, then wait for it again"
        )


def nobody_answers(question: Question) -> QuestionOpenError:
    """Return what is raised where nobody can be asked."""
    return QuestionOpenError(
        question.swarm_id,
        f"swarm {question.swarm_id} asks: {question.prompt} (answer question {question.question_id}, then wait again)",
        question.question_id,
    )


def report_of(swarm: Swarm) -> str:
    """Return the report of a swarm that has succeeded; raise `NotSucceededError` for any other."""
    if swarm.outcome != "succeeded":
        about = f": {swarm.report}" if swarm.report else ""
        raise NotSucceededError(swarm.swarm_id, f"swarm {swarm.swarm_id} {swarm.outcome}{about}", swarm.outcome)
    return swarm.report or ""
