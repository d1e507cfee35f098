"""`conversation/oracle`: answers one question from memory, else from the web, else by asking the user.

What the user answers is kept in memory, so that it is asked once. How often the user is asked is theirs to say (the
profile of the introductory interview): where they are not to be asked, the answer is an assumption, and says so.
Bounded: one search of the memory, one of the web, one question.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.conversation.profile import read_profile, save_answer
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Ask, Child, Fail, Finish, Spawn
from pgswarm.actions.spaces.offered import find_action
from pgswarm.actions.swarm.notes import answered
from pgswarm.schema.states import Outcome

WEB: Final = "web/search"
MAX_PASSAGES: Final = 8
_MAX_REPORT: Final = 20_000


class OracleArgs(BaseModel):
    """What the question is for, and where to look first."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(default="", max_length=10_000)
    first: Literal["memory", "web", "user"] = "memory"


class FromTexts(BaseModel):
    """An answer that texts give."""

    known: bool
    answer: str


class Assumption(BaseModel):
    """What to go on with where nobody is asked."""

    important: bool
    answer: str


@action(
    "conversation/oracle",
    description="Answer one question that a decision hangs on: from memory, else the web, else by asking the user.",
    routable=False,
)
class Oracle(Action[OracleArgs]):
    """Looks in one place after the other; the first answer ends it."""

    async def main(self, node: Node[OracleArgs]) -> ActionOutcome:
        """Answer from memory, or look further."""
        if not node.directive.strip():
            return Fail("no_question", "The directive is empty: it is the question.")
        if node.args.first == "memory":
            found = await self._texts(node, "memory", await _passages(node))
            if found:
                return Finish(found)
        if node.args.first != "user" and await find_action(node, WEB):
            return Spawn([Child(WEB, node.directive)], then=self.searched)
        return await self._user(node)

    async def searched(self, node: Node[OracleArgs]) -> ActionOutcome:
        """Take what the web says, or ask the user."""
        report = node.reports[0]
        if report.outcome is Outcome.SUCCEEDED and report.report.strip():
            passages = [{"number": 1, "file": "the web", "text": report.report[:_MAX_REPORT]}]
            found = await self._texts(node, "web", passages)
            if found:
                return Finish(found)
        return await self._user(node)

    async def told(self, node: Node[OracleArgs]) -> ActionOutcome:
        """Keep the user's answer, and report it."""
        (said,) = answered(node.answers)
        if not any(answer.expired for answer in node.answers):
            await save_answer(node, node.directive, said["answer"])
        return Finish(said["answer"])

    async def _texts(self, node: Node[OracleArgs], where: str, passages: Sequence[dict[str, Any]]) -> str:
        if not passages:
            return ""
        data = {"question": node.directive, "why": node.args.why, "where": where, "passages": list(passages)}
        found = await node.llm(FromTexts, Prompt(task="oracle_texts", data=data, role="talker"))
        return found.answer.strip() if found.known else ""

    async def _user(self, node: Node[OracleArgs]) -> ActionOutcome:
        profile = await read_profile(node)
        if profile.involvement != "always":
            data = {"question": node.directive, "why": node.args.why, "profile": profile.model_dump()}
            assumed = await node.llm(Assumption, Prompt(task="oracle_assume", data=data, role="talker"))
            if profile.involvement == "never" or not assumed.important:
                answer = assumed.answer.strip()
                return Finish(f"{answer} (assumed: the user was not asked)" if answer else "(not known, not asked)")
        return Ask(node.directive, then=self.told)


async def _passages(node: Node[Any]) -> list[dict[str, Any]]:
    found = await node.memory.search(node.directive, limit=MAX_PASSAGES)
    return [
        {"number": number, "file": p.name, "first_line": p.first_line, "text": p.text}
        for number, p in enumerate(found, start=1)
    ]
