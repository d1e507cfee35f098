"""One session with an MCP server: opened, used by one function, closed.

One rule: what is raised tells whether the server was asked. Before the function runs it is `UnreachableError`; when the
session breaks while it runs, `LostReplyError`; what the function raises itself comes through as it is.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2 as httpx
import mcp_types as types
from mcp.client import Client, Transport
from mcp.client.session import ElicitationFnT
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from pgswarm import __version__
from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.bounded import Bounded
from pgswarm.actions.outside.errors import LostReplyError, TooLargeError, UnreachableError
from pgswarm.actions.outside.mcp.stdio import Process
from pgswarm.actions.outside.oauth.bearer import Bearer
from pgswarm.actions.outside.oauth.holder import Holder
from pgswarm.actions.outside.oauth.vault import Vault
from pgswarm.actions.outside.settings import McpSettings, resolved
from pgswarm.actions.outside.texts import MAX_MESSAGE, one_line, without

ResultT = TypeVar("ResultT")
CLOSE_S = 8.0
"""What closing may take beside the call."""


@dataclass(slots=True)
class Server:
    """A configured server, by name."""

    name: str
    settings: McpSettings
    gate: asyncio.Semaphore
    holder: Holder | None = None

    @classmethod
    def of(cls, name: str, settings: McpSettings, vault: Vault | None = None) -> "Server":
        """Return it with its bound on concurrent calls, and its access token, where it wants one."""
        made = cls(name, settings, asyncio.Semaphore(settings.concurrency))
        if settings.oauth is not None and settings.url is not None:
            made.holder = Holder(made.title, settings.url, settings.oauth, vault, settings.connect_timeout_s)
        return made

    @property
    def title(self) -> str:
        """How people know it."""
        return f"mcp.{self.name}"

    def secrets(self) -> frozenset[str]:
        """Return what no text of the server may hold."""
        given = self.given()[1]
        return given if self.holder is None else given | self.holder.secrets()

    def given(self) -> tuple[dict[str, str], frozenset[str]]:
        """Return the headers or the environment, and the secrets in it; raise `ConnectionsError`."""
        if self.settings.url is not None:
            return resolved(self.settings.headers, f"{self.title}.headers")
        return resolved(self.settings.env, f"{self.title}.env")

    async def visit(
        self, use: Callable[[Client], Awaitable[ResultT]], *, on_question: ElicitationFnT, within_s: float
    ) -> ResultT:
        """Open a session, run `use` in it and return what it returns, all within `within_s` and the time to connect.

        Raises `UnreachableError`, `SignInError`, `LostReplyError`, `ConnectionsError`, and what `use` raises.
        """
        async with self.gate:
            if self.holder is not None:
                await self.holder.token()  # before anything is asked: what is wrong with it is said as it is
            return await _Visit(self, on_question).run(use, within_s)

    def told(self, error: BaseException | str) -> str:
        """Return an error as a line without secrets."""
        text = error if isinstance(error, str) else str(error) or type(error).__name__
        return one_line(without(self.secrets(), text), MAX_MESSAGE)


class _Visit:
    """The state of one `Server.visit`."""

    def __init__(self, server: Server, on_question: ElicitationFnT) -> None:
        self._server = server
        self._on_question = on_question
        self._values, _ = server.given()
        self._bearer = None if server.holder is None else Bearer(server.holder)
        self._process: Process | None = None
        self._connected = False
        self._done: list[Any] = []
        self._raised: BaseException | None = None

    async def run(self, use: Callable[[Client], Awaitable[ResultT]], within_s: float) -> ResultT:
        settings = self._server.settings
        try:
            async with asyncio.timeout(settings.connect_timeout_s + within_s + CLOSE_S):
                await self._session(use)
        except asyncio.CancelledError:
            raise
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - a transport may raise anything, in groups
            if self._raised is None and not self._done:
                raise self._broken(error) from None
        if self._raised is not None:
            raise self._raised
        result: ResultT = self._done[0]
        return result

    async def _session(self, use: Callable[[Client], Awaitable[Any]]) -> None:
        settings = self._server.settings
        async with contextlib.AsyncExitStack() as stack:
            client = Client(
                await self._transport(stack),
                elicitation_callback=self._on_question,
                client_info=types.Implementation(name="pgswarm", version=__version__),
                read_timeout_seconds=settings.connect_timeout_s,
                cache=None,
                mode=settings.protocol,
            )
            async with asyncio.timeout(settings.connect_timeout_s):
                await stack.enter_async_context(client)
            self._connected = True
            try:
                self._done.append(await use(client))
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - kept, since a task group would wrap it; raised outside of it
                self._raised = error

    async def _transport(self, stack: contextlib.AsyncExitStack) -> Transport:
        settings = self._server.settings
        if settings.url is None:
            self._process = Process(settings.command, settings.folder, self._values, settings.max_bytes)
            return self._process.open()
        http = httpx.AsyncClient(
            headers={"User-Agent": "pgswarm", **self._values},
            timeout=httpx.Timeout(settings.connect_timeout_s, read=settings.timeout_s + CLOSE_S),
            transport=Bounded(httpx.AsyncHTTPTransport(), settings.max_bytes),
            auth=self._bearer,
        )
        await stack.enter_async_context(http)
        return streamable_http_client(settings.url, http_client=http, max_sse_event_size=settings.max_bytes)

    def _broken(self, error: BaseException) -> ActionError:
        """Return what it means that the session broke."""
        first = _first(error)
        if self._bearer is not None and self._bearer.refused and not self._connected:
            return self._bearer.trouble or UnreachableError(self._server.title, "it refuses the access token")
        told = "it did not answer in time" if isinstance(first, TimeoutError) else self._server.told(first)
        if self._process is not None:
            if self._process.trouble is not None:
                told = str(self._process.trouble)
            elif self._process.said.strip():
                told += f"; it said: {self._server.told(self._process.said.strip()[-500:])}"
        if isinstance(first, FileNotFoundError):
            told = f"there is no program {self._server.settings.command[0]!r} (or no folder to start it in)"
        return (LostReplyError if self._connected else UnreachableError)(self._server.title, told)


def lost(error: MCPError) -> bool:
    """Say whether an error of the protocol leaves it open whether the server did what it was asked."""
    if error.code in (types.CONNECTION_CLOSED, types.REQUEST_TIMEOUT, types.PARSE_ERROR):
        return True
    return error.code == types.INTERNAL_ERROR and error.message == "Server returned an error response"


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        plain = [inner for inner in error.exceptions if not isinstance(inner, TooLargeError)]
        large = [inner for inner in error.exceptions if isinstance(inner, TooLargeError)]
        error = (large or plain)[0]
    return error
