"""Clients of the event streams, by hand: they can stall, and be cut at any byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import uvicorn

from pgswarm.api.events.lifeline import HttpProtocol, WebSocketProtocol
from pgswarm.api.events.settings import Limits
from pgswarm.api.sockets import bind
from support.wait import wait_until_async

WITHIN_S = 15
SHORT = Limits(heartbeat_s=0.4, stall_s=1.0, poll_s=0.3, check_s=0.3, ring_bytes=20_000, blocks_bytes=200_000)
"""Everything soon and small."""


@dataclass(frozen=True)
class Event:
    """One server-sent event; `data` is its JSON."""

    id: str
    kind: str
    data: dict[str, Any]

    @property
    def seq(self) -> int:
        seq: int = self.data["seq"]
        return seq


class Stream:
    """One response of a stream of events. Every wait has a deadline."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""
        self._chunked = b""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.last_id: str | None = None
        self.comments: list[str] = []

    @classmethod
    async def open(cls, port: int, path: str, headers: dict[str, str] | None = None) -> Self:
        """Send the request and read the head of the response."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", *(f"{k}: {v}" for k, v in (headers or {}).items()), "", ""]
        writer.write("\r\n".join(lines).encode())
        made = cls(reader, writer)
        async with asyncio.timeout(WITHIN_S):
            status, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        made.status = int(status.split()[1])
        for name, _, value in (field.partition(": ") for field in fields if field):
            made.headers[name.lower()] = value
        return made

    async def message(self, within_s: float = WITHIN_S) -> Event | None:
        """Return the next event; None for a comment, which is kept. Raises `EOFError` at the end."""
        async with asyncio.timeout(within_s):
            while b"\n\n" not in self._rest:
                self._rest += await self._chunk()
        text, _, self._rest = self._rest.partition(b"\n\n")
        event_id, kind, data = self.last_id, "message", ""
        for line in text.decode().split("\n"):
            name, _, value = line.partition(": ")
            if not name or line.startswith(":"):
                self.comments.append(line)
            elif name == "id":
                event_id = self.last_id = value
            elif name == "event":
                kind = value
            elif name == "data":
                data += value
        return Event(event_id or "", kind, json.loads(data)) if data else None

    async def event(self, within_s: float = WITHIN_S) -> Event:
        """Return the next event, whatever comments come before it."""
        async with asyncio.timeout(within_s):
            while (found := await self.message(within_s)) is None:
                pass
        return found

    async def until(self, enough: Callable[[Event], bool], within_s: float = WITHIN_S) -> list[Event]:
        """Return the events up to one that is enough."""
        found = []
        async with asyncio.timeout(within_s):
            while not found or not enough(found[-1]):
                found.append(await self.event(within_s))
        return found

    async def rest(self) -> list[Event]:
        """Return the events that come before the connection breaks."""
        found: list[Event] = []
        with suppress(EOFError, ConnectionError):
            while True:
                found.append(await self.event())
        return found

    async def body(self) -> bytes:
        """Return all that is left."""
        found = self._rest
        with suppress(EOFError):
            async with asyncio.timeout(WITHIN_S):
                if "content-length" in self.headers:
                    return await self._reader.readexactly(int(self.headers["content-length"]))
                while True:
                    found += await self._chunk()
        return found

    async def ended(self, within_s: float = WITHIN_S) -> None:
        """Wait for the end; fail where there is none."""
        async with asyncio.timeout(within_s):
            with suppress(EOFError, ConnectionError):
                while True:
                    await self.message(within_s)

    async def _chunk(self) -> bytes:
        try:
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            data = await self._reader.readexactly(size + 2)
        except asyncio.IncompleteReadError as error:
            raise EOFError from error
        if not size:
            raise EOFError
        return data[:-2]

    def cut(self) -> None:
        """Cut the connection as a network does."""
        self._writer.transport.abort()


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[int]:
    """Serve an application over real HTTP in this process, as `pgswarm api` does; yield the port."""
    bound = bind("127.0.0.1", 0)
    config = uvicorn.Config(
        app, http=HttpProtocol, ws=WebSocketProtocol, log_config=None, access_log=False, lifespan="on",
        ws_per_message_deflate=False, timeout_graceful_shutdown=3,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([bound]))  # noqa: SLF001 - `serve` would take pytest's signals
    try:
        await until(lambda: server.started or task.done(), "it serves")
        yield bound.getsockname()[1]
    finally:
        app.state.stopping.set()
        server.should_exit = True
        await task
        bound.close()


def seqs(events: Iterable[Event]) -> list[int]:
    """Return the seq of each."""
    return [event.seq for event in events]


async def until(check: Callable[[], object], what: str) -> None:
    """Wait until something is so; fail, naming it, after the deadline."""

    async def checked() -> bool:
        return bool(check())

    await wait_until_async(checked, what)
