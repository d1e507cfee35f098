"""`mcp/<server>/<tool>`: one call of a tool; its questions go to the inbox, and their answers back to it.

One rule: what may have happened is not done again. The call is an effect, unless the tool may be repeated; each round
of questions is another. A server of the newer protocol gets its own state back with the answers and goes on; an older
one is told that the question was dismissed, and called again from its start once a person has answered.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import mcp_types as types
from mcp.client import Client
from mcp.client.session import ClientRequestContext
from mcp.shared.exceptions import MCPError
from pydantic import TypeAdapter, ValidationError

from pgswarm.actions.base import Action, ActionSpec
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Ask, Fail, Finish, Sleep
from pgswarm.actions.outside.args import OutsideArgs, args_model
from pgswarm.actions.outside.errors import LostReplyError
from pgswarm.actions.outside.mcp import questions
from pgswarm.actions.outside.mcp.content import as_text
from pgswarm.actions.outside.mcp.questions import MAX_QUESTIONS, UnansweredError
from pgswarm.actions.outside.mcp.session import Server, lost
from pgswarm.actions.outside.report import bounded_report
from pgswarm.actions.outside.texts import MAX_MESSAGE, cleaned

RESULT: Final[TypeAdapter[types.CallToolResult | types.InputRequiredResult]] = TypeAdapter(
    types.CallToolResult | types.InputRequiredResult
)
MAX_STATE: Final = 1_000_000
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
    def of(cls, server: Server, tool: str, about: str, schema: Mapping[str, Any], *, repeatable: bool) -> "McpTool":
        """Return the action for a tool whose texts are clean."""
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
        )
        return cls(server, tool, spec, repeatable=repeatable)

    async def main(self, node: Node[OutsideArgs]) -> ActionOutcome:
        """Call the tool; finish with what it returns, or ask what it asks."""
        settings = self._server.settings
        number = int(node.state.get("round", 0))
        dismissed: dict[str, dict[str, Any]] = {}
        on_question = _answering(node.state.get("answers") or {}, dismissed, self._server.secrets())

        async def use(client: Client) -> Any:
            async def call() -> dict[str, Any]:
                return await self._call(client, node, dismissed)

            return await (call() if self.repeatable else node.effect(f"{node.action}, call {number + 1}", call))

        came = await self._server.visit(use, on_question=on_question, within_s=settings.timeout_s)
        return await self._decide(node, came, number)

    async def answered(self, node: Node[OutsideArgs]) -> ActionOutcome:
        """Take the answers, and call again with them."""
        asked = node.state["asked"]
        answers = dict(node.state.get("answers") or {})
        unfit = []
        for (key, request), given in zip(asked.items(), node.answers, strict=True):
            made = questions.response(request, given.answer)
            if made is None:
                unfit.append(request)
            else:
                place = key if node.state.get("goes_on") else questions.identity(request)
                answers[place] = made.model_dump(mode="json", by_alias=True, exclude_none=True)
        if unfit:
            return Ask([self._question(node, request) for request in asked.values()], then=self.answered)
        node.state["answers"] = answers
        return await self.main(node)

    async def _call(
        self, client: Client, node: Node[OutsideArgs], dismissed: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Call once; return what came as JSON that can be kept."""
        goes_on = bool(node.state.get("goes_on"))
        params = types.CallToolRequestParams(
            name=self._tool,
            arguments=node.args.root,
            input_responses=(
                {key: types.ElicitResult.model_validate(value) for key, value in node.state["answers"].items()}
                if goes_on and node.state.get("answers")
                else None
            ),
            request_state=node.state.get("request_state") if goes_on else None,
        )
        try:
            came = await self._send(client, types.CallToolRequest(params=params))
        except MCPError as error:
            if lost(error):
                raise LostReplyError(self._server.title, self._server.told(error)) from None
            return {"kind": "error", "text": self._server.told(error)}
        except ValidationError:
            return {"kind": "error", "text": "it answered with what is no answer of the protocol"}
        secrets = self._server.secrets()
        try:
            return _kept(came, dismissed, secrets)
        except UnansweredError as error:
            return {"kind": "error", "text": str(error)}

    async def _send(
        self, client: Client, request: types.CallToolRequest
    ) -> types.CallToolResult | types.InputRequiredResult:
        send: Callable[[], Awaitable[types.CallToolResult | types.InputRequiredResult]]

        async def send() -> types.CallToolResult | types.InputRequiredResult:
            # The package's own `call_tool` would check the result by the server's schema with unbounded patterns.
            return await client.session.send_request(request, RESULT, self._server.settings.timeout_s)

        try:
            return await send()
        except MCPError as error:
            if error.code != types.HEADER_MISMATCH:
                raise
        await client.list_tools()  # it wants arguments as headers, and says which in its list
        return await send()

    async def _decide(self, node: Node[OutsideArgs], came: Any, number: int) -> ActionOutcome:
        kind = came.get("kind") if isinstance(came, dict) else None
        if kind == "result":
            return Finish(await bounded_report(node, came["text"]))
        if kind == "error":
            return Fail("outside_error", f"{self._server.title}: {came['text']}"[:MAX_MESSAGE])
        if kind != "input":
            return Finish(_settled(node, came))
        if number + 1 >= self._server.settings.max_rounds:
            return Fail("rounds_exhausted", f"{self._server.title} asked {number + 1} times, and would ask again.")
        node.state.update(round=number + 1, goes_on=came["goes_on"], request_state=came["state"], asked=came["asked"])
        if came["goes_on"]:
            node.state["answers"] = {}  # its own state holds what was answered before
        if not came["asked"]:
            return Sleep(PAUSE_S, then=self.main)
        return Ask([self._question(node, request) for request in came["asked"].values()], then=self.answered)

    def _question(self, node: Node[OutsideArgs], request: Mapping[str, Any]) -> Any:
        return questions.question(node.action, request, again=not node.state.get("goes_on"))


def _answering(
    answers: Mapping[str, Any], dismissed: dict[str, dict[str, Any]], secrets: frozenset[str]
) -> Callable[[ClientRequestContext, types.ElicitRequestParams], Awaitable[types.ElicitResult | types.ErrorData]]:
    """Return what answers an older server's questions while it is called: with what people said, else not at all."""

    async def answer(
        _: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult | types.ErrorData:
        try:
            request = questions.kept_params(params, secrets)
        except UnansweredError as error:
            return types.ErrorData(code=types.INVALID_PARAMS, message=str(error))
        known = answers.get(questions.identity(request))
        if known is not None:
            return types.ElicitResult.model_validate(known)
        if len(dismissed) < MAX_QUESTIONS:
            dismissed[questions.identity(request)] = request
        return types.ElicitResult(action="cancel")

    return answer


def _kept(
    came: types.CallToolResult | types.InputRequiredResult,
    dismissed: Mapping[str, Mapping[str, Any]],
    secrets: frozenset[str],
) -> dict[str, Any]:
    if isinstance(came, types.InputRequiredResult):
        requests = came.input_requests or {}
        if len(requests) > MAX_QUESTIONS or len(came.request_state or "") > MAX_STATE:
            raise UnansweredError(f"it asks more than {MAX_QUESTIONS} questions at once, or sends too large a state")
        asked = {key: questions.kept(request, secrets) for key, request in requests.items()}
        return {"kind": "input", "goes_on": True, "state": came.request_state, "asked": asked}
    if dismissed:
        return {"kind": "input", "goes_on": False, "state": None, "asked": dict(dismissed)}
    text = as_text(came, secrets)
    return {"kind": "error" if came.is_error else "result", "text": text or "(it returned nothing)"}


def _settled(node: Node[OutsideArgs], said: Any) -> str:
    """Report what a person said of a call that a crash had left unknown."""
    if said is None:
        return f"{node.action} was called, as a person found; what it returned is not known."
    return cleaned(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False), MAX_MESSAGE * 10)
