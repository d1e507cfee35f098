"""One call of a tool in one session, as far as it goes without a person.

One rule: what a person has answered once is not asked again. A server may have forgotten its own state meanwhile (it
was restarted, or keeps states for minutes only): then the call begins anew, and the known answers are given again.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import mcp_types as types
from mcp.client import Client
from mcp.client.session import ClientRequestContext
from mcp.shared.exceptions import MCPError
from pydantic import TypeAdapter, ValidationError

from pgswarm.actions.outside.errors import LostReplyError
from pgswarm.actions.outside.mcp import questions
from pgswarm.actions.outside.mcp.content import as_text
from pgswarm.actions.outside.mcp.questions import MAX_QUESTIONS, UnansweredError
from pgswarm.actions.outside.mcp.session import Server, lost

Came = types.CallToolResult | types.InputRequiredResult
RESULT: Final[TypeAdapter[Came]] = TypeAdapter(types.CallToolResult | types.InputRequiredResult)
MAX_STATE: Final = 1_000_000
MAX_TURNS: Final = 20
"""Of one call in one session, each with known answers only."""
_FORGOTTEN: Final = (types.INVALID_PARAMS, types.INVALID_REQUEST)


class Call:
    """A call of one node: its arguments, and what is known of the rounds before.

    `known` are answers by the identity of their questions; `asked` the questions of the last round by the server's own
    keys, and `state` what it wants back with them: both only where the server's protocol goes on with them.
    """

    def __init__(self, server: Server, tool: str, arguments: dict[str, Any], kept: Mapping[str, Any]) -> None:
        """Take where to, what, and the node's state."""
        self._server = server
        self._tool = tool
        self._arguments = arguments
        self._known: Mapping[str, Any] = kept.get("answers") or {}
        goes_on = bool(kept.get("goes_on"))
        self._state: str | None = kept.get("request_state") if goes_on else None
        self._asked: Mapping[str, Any] = (kept.get("asked") or {}) if goes_on else {}
        self._dismissed: dict[str, dict[str, Any]] = {}

    async def on_question(
        self, context: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult | types.ErrorData:
        """Answer an older server's question while it is called: with what a person said, else dismiss and keep it."""
        del context
        try:
            request = questions.kept_params(params, self._server.secrets())
        except UnansweredError as error:
            return types.ErrorData(code=types.INVALID_PARAMS, message=str(error))
        identity = questions.identity(request)
        known = self._known.get(identity)
        if known is not None:
            return types.ElicitResult.model_validate(known)
        if len(self._dismissed) < MAX_QUESTIONS:
            self._dismissed[identity] = request
        return types.ElicitResult(action="cancel")

    async def make(self, client: Client) -> dict[str, Any]:
        """Call, and return what came as JSON that can be kept; raise `LostReplyError` where nobody knows."""
        try:
            return self._kept(await self._turns(client))
        except MCPError as error:
            if lost(error):
                raise LostReplyError(self._server.title, self._server.told(error)) from None
            return {"kind": "error", "text": self._server.told(error)}
        except ValidationError:
            return {"kind": "error", "text": "it answered with what is no answer of the protocol"}
        except UnansweredError as error:
            return {"kind": "error", "text": str(error)}

    async def _turns(self, client: Client) -> Came:
        state, responses = self._state, self._responses(self._asked)
        for _ in range(MAX_TURNS):
            try:
                came = await self._send(client, state, responses)
            except MCPError as error:
                if (state is None and responses is None) or error.code not in _FORGOTTEN:
                    raise
                state = responses = None  # it has forgotten the call: once more from its start
                continue
            if isinstance(came, types.CallToolResult):
                return came
            asked = {
                key: questions.kept(one, self._server.secrets()) for key, one in (came.input_requests or {}).items()
            }
            responses = self._responses(asked)
            if responses is None:
                return came
            state = came.request_state
        raise UnansweredError(f"it asked the same {MAX_TURNS} times")

    def _responses(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the known answers to these questions; None where there are none, or not all are known."""
        known = {key: self._known.get(questions.identity(request)) for key, request in asked.items()}
        return known if known and all(known.values()) else None

    async def _send(self, client: Client, state: str | None, responses: Mapping[str, Any] | None) -> Came:
        params = types.CallToolRequestParams(
            name=self._tool,
            arguments=self._arguments,
            input_responses=(
                None
                if responses is None
                else {key: types.ElicitResult.model_validate(value) for key, value in responses.items()}
            ),
            request_state=state,
        )

        async def send() -> Came:
            # The package's own `call_tool` would check the result by the server's schema, with unbounded patterns.
            request = types.CallToolRequest(params=params)
            return await client.session.send_request(request, RESULT, self._server.settings.timeout_s)

        return await _listed_first(client, send)

    def _kept(self, came: Came) -> dict[str, Any]:
        secrets = self._server.secrets()
        if isinstance(came, types.InputRequiredResult):
            requests = came.input_requests or {}
            if len(requests) > MAX_QUESTIONS or len(came.request_state or "") > MAX_STATE:
                raise UnansweredError(
                    f"it asks more than {MAX_QUESTIONS} questions at once, or sends too large a state"
                )
            asked = {key: questions.kept(request, secrets) for key, request in requests.items()}
            return {"kind": "input", "goes_on": True, "state": came.request_state, "asked": asked}
        if self._dismissed:
            return {"kind": "input", "goes_on": False, "state": None, "asked": dict(self._dismissed)}
        text = as_text(came, secrets)
        return {"kind": "error" if came.is_error else "result", "text": text or "(it returned nothing)"}


async def _listed_first(client: Client, send: Callable[[], Awaitable[Came]]) -> Came:
    """Send; a server that wants arguments as headers says which in its list of tools, and then gets them."""
    try:
        return await send()
    except MCPError as error:
        if error.code != types.HEADER_MISMATCH:
            raise
    await client.list_tools()
    return await send()
