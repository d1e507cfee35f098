"""`swarm/determine_unknowns`: what is unknown before work starts, each question sent where it can be answered.

To memory, to the web, or to the user; an oracle that finds nothing there looks further. Bounded: `MAX_UNKNOWNS`.
"""

import re
from typing import Final, Literal

from pydantic import BaseModel

from pgswarm.actions.base import Action, NoArgs, action
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Child, Finish, Spawn
from pgswarm.actions.swarm.ask_first import ORACLE
from pgswarm.actions.swarm.notes import Note
from pgswarm.schema.states import Outcome

MAX_UNKNOWNS: Final = 12
NOT_KNOWN: Final = "(not known)"


class Unknown(BaseModel):
    """A question, and where it can be answered."""

    question: str
    where: Literal["memory", "web", "user"]


class Unknowns(BaseModel):
    """What is not known."""

    unknowns: list[Unknown]


@action(
    "swarm/determine_unknowns",
    description="Determine which things are unknown before some work starts, and have each question answered.",
)
class DetermineUnknowns(Action[NoArgs]):
    """Lists the unknowns and has them answered, all in parallel."""

    async def main(self, node: Node[NoArgs]) -> ActionOutcome:
        """List what is unknown, and send each question off."""
        data = {
            "directive": node.directive,
            "files": await inventory(node),
            "messages": [message.content for message in node.messages],
        }
        found = await node.llm(Unknowns, Prompt(task="determine_unknowns", data=data))
        unknowns = {u.question.strip(): u.where for u in found.unknowns if u.question.strip()}
        if not unknowns:
            return Finish("Nothing that is needed is unknown.")
        if len(unknowns) > MAX_UNKNOWNS:
            node.log.info("%d questions are left out", len(unknowns) - MAX_UNKNOWNS)
        why = node.directive[:2_000]
        children = [
            Child(ORACLE, question, {"first": where, "why": why})
            for question, where in list(unknowns.items())[:MAX_UNKNOWNS]
        ]
        return Spawn(children, then=self.conclude)

    async def conclude(self, node: Node[NoArgs]) -> ActionOutcome:
        """Report each question with its answer, or that it stays unknown."""
        lines = [
            f"Q: {r.directive}\nA: {r.report if r.outcome is Outcome.SUCCEEDED else NOT_KNOWN}" for r in node.reports
        ]
        return Finish("\n\n".join(lines))


def found_out(report: str) -> list[Note]:
    """Return what a report of this action says, a note for each question that has an answer."""
    notes = []
    for part in re.split(r"\n\n(?=Q: )", report):
        question, answered, answer = part.removeprefix("Q: ").partition("\nA: ")
        if part.startswith("Q: ") and answered and answer.strip() != NOT_KNOWN:
            notes.append(Note(directive=question, report=part))
    return notes
