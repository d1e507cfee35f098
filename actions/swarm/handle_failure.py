"""`swarm/handle_failure`: looks at a failed child and does what can still be done.

Tries again with advice, has another action tried, asks the user what is to be done, or gives up with a clear reason.
What was tried is remembered, and given to the next decision. Bounded: `MAX_TRIES` tries and `MAX_ASKS` questions; no
failure that trying again cannot change is tried again.
"""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.conversation.profile import may_ask
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Ask, Child, Fail, Finish, Spawn
from pgswarm.actions.spaces.offered import small_space
from pgswarm.actions.swarm.failures import hopeless, told
from pgswarm.actions.swarm.notes import Note, answered, bounded
from pgswarm.schema.states import Outcome

MAX_TRIES: Final = 2
MAX_ASKS: Final = 2
ROUTER: Final = "swarm/route_action"
_MAX_REPORT: Final = 4_000


class Failure(BaseModel):
    """One try that failed."""

    model_config = ConfigDict(extra="forbid")

    action: str
    code: str
    message: str
    report: str = ""


class FailureArgs(BaseModel):
    """The failure, what is done already, and how many managers stand above."""

    model_config = ConfigDict(extra="forbid")

    failure: Failure
    context: list[Note] = Field(default_factory=list)
    level: int = Field(default=0, ge=0)


class Remedy(BaseModel):
    """What to do about a failure."""

    decision: Literal["retry", "other_action", "ask_user", "give_up"]
    advice: str
    action: str
    question: str
    reason: str


@action(
    "swarm/handle_failure",
    description="Look at a failed child: try again with advice, try another action, ask the user, or give up.",
    routable=False,
)
class HandleFailure(Action[FailureArgs]):
    """Does what can be done about one failure; its report is the directive's report."""

    async def main(self, node: Node[FailureArgs]) -> ActionOutcome:
        """Decide what to do next."""
        failures = self._failures(node)
        actions = await small_space(node) or []  # of a large space the router finds another
        data: dict[str, Any] = {
            "directive": node.directive,
            "failures": failures,
            "actions": [{"action": c.action_id, "description": c.description} for c in actions],
            "files": await inventory(node),
            "context": bounded(node.args.context, 20_000),
            "answers": node.state.get("answers", []),
            "messages": [message.content for message in node.messages],
            "tries_left": MAX_TRIES - len(node.state.get("tried", [])),
        }
        found = await node.llm(Remedy, Prompt(task="handle_failure", data=data))
        match found.decision:
            case "ask_user" if found.question.strip() and await self._may_ask(node):
                node.state["asks"] = node.state.get("asks", 0) + 1
                return Ask(found.question.strip(), then=self.answered)
            case "retry" | "other_action" if len(node.state.get("tried", [])) < MAX_TRIES:
                chosen = found.action.strip() if found.decision == "other_action" else ""
                known = {choice.action_id for choice in actions}
                return self._try(node, found.advice.strip(), chosen if chosen in known else "")
        return self._give_up(node, found.reason.strip())

    async def answered(self, node: Node[FailureArgs]) -> ActionOutcome:
        """Decide again with what the user said."""
        node.state["answers"] = [*node.state.get("answers", []), *answered(node.answers)]
        return await self.main(node)

    async def tried(self, node: Node[FailureArgs]) -> ActionOutcome:
        """Hand on what came of it; after another failure decide again, as long as that can help."""
        report = node.reports[0]
        if report.outcome is Outcome.SUCCEEDED:
            return Finish(report.report)
        code, message = told(report.error, report.outcome.value, report.action)
        tried = node.state["tried"]
        tried[-1].update(code=code, message=message, report=report.report[:_MAX_REPORT])
        if hopeless(code) or len(tried) >= MAX_TRIES:
            return self._give_up(node, "")
        return await self.main(node)

    def _try(self, node: Node[FailureArgs], advice: str, chosen: str) -> Spawn:
        tried = {"action": chosen or ROUTER, "advice": advice}
        node.state["tried"] = [*node.state.get("tried", []), tried]
        args: dict[str, Any] = {"context": bounded(node.args.context), "level": node.args.level + 1}
        if chosen:
            args["only"] = chosen
        said = [f"{entry['question']} {entry['answer']}" for entry in node.state.get("answers", [])]
        hints = "\n".join(filter(None, [advice, *said]))
        directive = f"{node.directive}\n\nAdvice after a failed try: {hints}" if hints else node.directive
        return Spawn([Child(ROUTER, directive, args)], then=self.tried)

    def _give_up(self, node: Node[FailureArgs], reason: str) -> Fail:
        last = self._failures(node)[-1]
        message = f"{last['message']} Given up: {reason}" if reason else last["message"]
        if tries := len(node.state.get("tried", [])):
            message += f" ({tries} more tries were made.)" if tries > 1 else " (One more try was made.)"
        return Fail(last["code"], message, report=last["report"] or None)

    async def _may_ask(self, node: Node[FailureArgs]) -> bool:
        if node.state.get("asks", 0) >= MAX_ASKS:
            return False
        return await may_ask(node)

    def _failures(self, node: Node[FailureArgs]) -> list[dict[str, Any]]:
        return [node.args.failure.model_dump(), *node.state.get("tried", [])]
