"""Lists a server's tools, and turns each that can be taken into an action.

Bounded: at most `MAX_TOOLS` tools from at most `MAX_PAGES` pages; what is left out is named with its reason.
"""

from fnmatch import fnmatchcase
from typing import Any, Final

import mcp_types as types
from mcp.client import Client
from mcp.client.session import ClientRequestContext
from mcp.shared.exceptions import MCPError

from pgswarm.actions.outside.errors import LostReplyError, UnreachableError
from pgswarm.actions.outside.mcp.action import McpTool
from pgswarm.actions.outside.mcp.session import Server
from pgswarm.actions.outside.oauth.vault import Vault
from pgswarm.actions.outside.offers import Offer
from pgswarm.actions.outside.settings import McpSettings
from pgswarm.actions.outside.texts import one_line, schema_trouble, shown_schema, usable_name, without

MAX_TOOLS: Final = 500
MAX_PAGES: Final = 50


async def offer(name: str, settings: McpSettings, vault: Vault | None = None) -> Offer:
    """Return the actions of a server.

    Raises `UnreachableError` where it does not list its tools in time, `SignInError` where it wants a token first.
    """
    server = Server.of(name, settings, vault)
    try:
        tools = await server.visit(_all, on_question=_nobody, within_s=settings.connect_timeout_s)
    except (LostReplyError, MCPError, ValueError) as error:
        reason = error.reason if isinstance(error, LostReplyError) else server.told(error)
        raise UnreachableError(server.title, f"it does not list its tools: {reason}") from None
    left_out: list[str] = []
    actions: dict[str, McpTool] = {}
    for tool in tools:
        if not any(fnmatchcase(tool.name, pattern) for pattern in settings.only):
            continue
        trouble = _trouble(tool, actions)
        if trouble is not None:
            left_out.append(f"{one_line(tool.name, 100)!r}: {trouble}")
            continue
        actions[tool.name] = McpTool.of(
            server,
            tool.name,
            one_line(without(server.secrets(), _description(tool))),
            shown_schema(tool.input_schema),
            repeatable=_repeatable(settings, tool),
            output=_output(tool),
        )
    return Offer(server.title, tuple(actions.values()), tuple(left_out))


async def _all(client: Client) -> list[types.Tool]:
    tools: list[types.Tool] = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None or len(tools) >= MAX_TOOLS:
            break
    return tools[:MAX_TOOLS]


async def _nobody(context: ClientRequestContext, params: types.ElicitRequestParams) -> types.ElicitResult:
    del context, params
    return types.ElicitResult(action="cancel")


def _trouble(tool: types.Tool, taken: dict[str, Any]) -> str | None:
    if not usable_name(tool.name):
        return "its name has other signs than letters, digits, _ . - (64 at most)"
    return "two tools have this name" if tool.name in taken else schema_trouble(tool.input_schema)


def _description(tool: types.Tool) -> str:
    title = tool.title or (tool.annotations.title if tool.annotations else None)
    return ". ".join(filter(None, (title, tool.description))) or tool.name.replace("_", " ")


def _output(tool: types.Tool) -> dict[str, Any] | None:
    """Return the output's schema where it is one that can be shown; a bad one hinders nothing."""
    schema = tool.output_schema
    return None if not schema or schema_trouble(schema) else shown_schema(schema)


def _repeatable(settings: McpSettings, tool: types.Tool) -> bool:
    if settings.repeat == "annotated":
        notes = tool.annotations
        return notes is not None and bool(notes.read_only_hint or notes.idempotent_hint)
    return settings.repeat != "never" and any(fnmatchcase(tool.name, pattern) for pattern in settings.repeat)
