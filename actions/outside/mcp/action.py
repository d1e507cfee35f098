"""`mcp/<server>/<tool>`: one call of a tool; its questions go to the inbox, and their answers back to it.

One rule: what may have happened is not done again. The call is an effect, unless the tool may be repeated; each round
of questions is another. A server of the newer protocol gets its own state back with the answers and goes on; an older
one is told that the question was dismissed, and called again from its start once a person has answered.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from mcp.client import Client

from pgswarm.actions.base import Action, ActionSpec
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Ask, Fail, Finish, Question, Sleep
from pgswarm.actions.outside.args import OutsideArgs, args_model
from pgswarm.actions.outside.mcp import questions
from pgswarm.actions.outside.mcp.call import Call
from pgswarm.actions.outside.mcp.session import Server
from pgswarm.actions.outside.report import bounded_report
from pgswarm.actions.outside.texts import MAX_MESSAGE, cleaned

SLACK_S: Final = 30
PAUSE_S: Final = 1.0
"""Before a server that gave only a state, and no question, is asked again."""


class McpTool(Action[OutsideArgs]):
    """A tool of a configured server."""

    def __init__(self, server: Server, tool: str, spec: ActionSpec, *, repeatable: bool) -> None:
        """Take the server, the tool's own name, what is registered, and whether a call may be made twice."""
        self.spec = spec
        self.repeatable = repeatable
        self._server = server
        self._tool = tool

    @classmethod
    def of(
        cls,
        server: Server,
        tool: str,
        about: str,
        schema: Mapping[str, Any],
        *,
        repeatable: bool,
        output: Mapping[str, Any] | None = None,
    ) -> "McpTool":
        """Return the action for a tool whose texts are clean; `output` is its output's schema, where it has one."""
        settings = server.settings
        spec = ActionSpec(
            action_id=f"mcp/{server.name}/{tool}",
            description=f"{about} (Tool {tool} of the connected server {server.name}, in its own words.)",
            version=1,
            timeout_s=int(settings.timeout_s + settings.connect_timeout_s) + SLACK_S,
            max_attempts=5,
            max_backoff_s=30.0,
            routable=True,
            args_model=args_model(f"Mcp_{server.name}_{tool}", schema),
            handlers=("main", "answered"),
            source=f"mcp:{server.name}",
            output_schema=output,
        )
        return cls(server, tool, spec, repeatable=repeatable)

    async def main(self, node: Node[OutsideArgs]) -> ActionOutcome:
        """Call the tool; finish with what it returns, or ask what it asks."""
        number = int(node.state.get("round", 0)) + 1
        call = Call(self._server, self._tool, node.args.root, node.state)

        async def use(client: Client) -> Any:
            if self.repeatable:
                return await call.make(client)
            return await node.effect(f"{node.action}, call {number}", lambda: call.make(client))

        within_s = self._server.settings.timeout_s
        return await self._decide(
            node, await self._server.visit(use, on_question=call.on_question, within_s=within_s), number
        )

    async def answered(self, node: Node[OutsideArgs]) -> ActionOutcome:
        """Take the answers, and call again with them; ask once more where one does not fit."""
        asked = list(node.state["asked"].values())
        answers = dict(node.state.get("answers") or {})
        for request, given in zip(asked, node.answers, strict=True):
            made = questions.response(request, given.answer)
            if made is None:
                return Ask([self._question(node, request) for request in asked], then=self.answered)
            answers[questions.identity(request)] = made.model_dump(mode="json", by_alias=True, exclude_none=True)
        node.state["answers"] = answers
        return await self.main(node)

    async def _decide(self, node: Node[OutsideArgs], came: Any, number: int) -> ActionOutcome:
        kind = came.get("kind") if isinstance(came, dict) else None
        if kind == "result":
            return Finish(await bounded_report(node, came["text"]))
        if kind == "error":
            return Fail("outside_error", f"{self._server.title}: {came['text']}"[:MAX_MESSAGE])
        if kind != "input":
            return Finish(_settled(node, came))
        if number >= self._server.settings.max_rounds:
            return Fail("rounds_exhausted", f"{self._server.title} asked {number} times, and would ask again.")
        node.state.update(round=number, goes_on=came["goes_on"], request_state=came["state"], asked=came["asked"])
        if not came["asked"]:
            return Sleep(PAUSE_S, then=self.main)
        return Ask([self._question(node, request) for request in came["asked"].values()], then=self.answered)

    def _question(self, node: Node[OutsideArgs], request: Mapping[str, Any]) -> Question:
        return questions.question(node.action, request, again=not node.state.get("goes_on"))


def _settled(node: Node[OutsideArgs], said: Any) -> str:
    """Report what a person said of a call that a crash had left unknown."""
    if said is None:
        return f"{node.action} was called, as a person found; what it returned is not known."
    return cleaned(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False), MAX_MESSAGE * 10)
