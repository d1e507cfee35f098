"""`bench/ask`: questions to a person, all at once; the report is the JSON array of the answers."""

import json

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import Ask, Finish


class AskArgs(BaseModel):
    """How many questions are open at once."""

    model_config = ConfigDict(extra="forbid")

    questions: int = Field(default=1, ge=1, le=10_000)


@action("bench/ask", description="Ask questions and report the answers", routable=False)
class AskMany(Action[AskArgs]):
    """Waits for its answers at no cost."""

    async def main(self, node: Node[AskArgs]) -> Ask:
        """Ask everything in one outcome."""
        return Ask([f"Question {number}?" for number in range(1, node.args.questions + 1)], then=self.conclude)

    async def conclude(self, node: Node[AskArgs]) -> Finish:
        """Report the answers in the order in which they were asked."""
        return Finish(report=json.dumps([answer.answer for answer in node.answers], ensure_ascii=False))
