"""A crowd of subscribers in one process. Rule: its checks are cheap, for it shares the machine with what it measures.

Each takes in its stream, checks that every seq comes once and in order, and notes how old a frame is when it comes.
Some are cut at random and come back with their last id; some take in nothing.
"""

import asyncio
import random
import re
import socket
import time
from dataclasses import dataclass, field
from typing import Any

HEAD = re.compile(rb"id: (\d+)\n")
SLOW_BUFFER = 8192
READ = 65_536


@dataclass
class Tally:
    """What all subscribers together have seen."""

    frames: int = 0
    wrong: list[str] = field(default_factory=list)
    came: list[tuple[str, int, float]] = field(default_factory=list)
    cuts: int = 0
    cut_off: int = 0


class Subscriber:
    """One subscriber of one swarm; `path` and `headers` say where."""

    def __init__(
        self, port: int, path: str, headers: str, tally: Tally, *, after: int = 0, stalls: bool = False
    ) -> None:
        """Take where to connect and what was seen before."""
        self.swarm_id = path.split("/")[-2]
        self._port = port
        self._path = path
        self._headers = headers
        self._tally = tally
        self._stalls = stalls
        self.last = after
        self.first = after
        self.connected = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None

    def cut(self) -> None:
        """Cut the connection, as a network does."""
        if self._writer is not None and not self._stalls:
            self._writer.transport.abort()
            self._tally.cuts += 1

    async def run(self) -> None:
        """Take in until cancelled."""
        while True:
            try:
                await self._connect_and_read()
            except (OSError, EOFError, asyncio.IncompleteReadError):
                self._tally.cut_off += self._stalls
            if self._stalls:
                return
            await asyncio.sleep(random.uniform(0.01, 0.2))  # noqa: S311 - no secret

    async def _connect_and_read(self) -> None:
        sock = socket.socket()
        if self._stalls:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self._port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=SLOW_BUFFER if self._stalls else 2**18)
        self._writer = writer
        try:
            resume = f"Last-Event-ID: {self.last}\r\n" if self.last else ""
            writer.write(f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\n{self._headers}{resume}\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n", 1)[0]:
                self._tally.wrong.append(head.decode())
                raise EOFError(head)
            self.connected.set()
            if self._stalls:
                await self._wait_for_the_cut(reader)
            rest = b""
            while data := await reader.read(READ):
                rest = self._take(rest + data)
        finally:
            writer.transport.abort()

    async def _wait_for_the_cut(self, reader: asyncio.StreamReader) -> None:
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # noqa: SLF001 - takes in nothing
        await asyncio.Event().wait()

    def _take(self, data: bytes) -> bytes:
        """Check whole frames; the chunks' own marks are found by no pattern, since frames begin with `id: `."""
        end = data.rfind(b"\n\n")
        if end < 0:
            return data
        now = time.time()
        whole, rest = data[: end + 2], data[end + 2 :]
        for match in HEAD.finditer(whole):
            seq = int(match[1])
            if seq != self.last + 1 and self.last != 0:
                self._tally.wrong.append(f"{self._path}: {seq} after {self.last}")
            self.last = seq
            self._tally.frames += 1
            self._tally.came.append((self._path, seq, now))
        return rest


def percentiles(ages_s: list[float]) -> dict[str, Any]:
    """Return p50 and p99 in milliseconds."""
    ordered = sorted(ages_s)
    if not ordered:
        return {"p50_ms": None, "p99_ms": None, "frames": 0}
    return {
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
        "frames": len(ordered),
    }
