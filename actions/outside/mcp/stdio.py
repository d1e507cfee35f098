"""The transport to a server that is a process: JSON-RPC, one message a line, over its standard streams.

Why not the package's own: a line here has a bound, the server's standard error is kept (its end, for the error message)
instead of mixed into our log, and the environment is exactly what the configuration says beside a few harmless names.
Source: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage

from pgswarm.actions.outside.errors import TooLargeError

INHERITED: Final = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER")
CLOSE_S: Final = 2.0
"""How long the process may take to end once its standard input is closed, and again after SIGTERM."""
KEPT_ERRORS: Final = 2_000


class Process:
    """A server's process, and the end of what it wrote to its standard error."""

    def __init__(self, command: Sequence[str], folder: Path | None, env: Mapping[str, str], max_bytes: int) -> None:
        """Take what to start; nothing is started before `open`."""
        self._command = command
        self._folder = folder
        self._env = {name: os.environ[name] for name in INHERITED if name in os.environ} | dict(env)
        self._max_bytes = max_bytes
        self.said = ""
        self.trouble: Exception | None = None

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[TransportStreams]:
        """Start the process and yield its streams; raise `OSError` where it cannot be started."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self._folder,
            env=self._env,
            start_new_session=True,
            limit=self._max_bytes,
        )
        to_session, from_server = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        to_server, from_session = anyio.create_memory_object_stream[SessionMessage](0)
        tasks = [
            asyncio.create_task(self._read(process, to_session)),
            asyncio.create_task(_write(process, from_session)),
            asyncio.create_task(self._listen(process)),
        ]
        try:
            yield from_server, to_server
        finally:
            for stream in (from_server, to_server, to_session, from_session):
                stream.close()
            await asyncio.shield(asyncio.create_task(_end(process, tasks)))

    async def _read(
        self,
        process: asyncio.subprocess.Process,
        to_session: MemoryObjectSendStream[SessionMessage | Exception],
    ) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            while True:
                try:
                    line = await process.stdout.readline()
                except ValueError:  # a line longer than the bound
                    self.trouble = TooLargeError(self._max_bytes)
                    break
                if not line:
                    break
                if not line.strip():
                    continue
                try:
                    message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError as error:
                    await to_session.send(error)
                else:
                    await to_session.send(SessionMessage(message))
        to_session.close()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101 - as above
        while chunk := await process.stderr.read(4_096):
            self.said = (self.said + chunk.decode("utf-8", "replace"))[-KEPT_ERRORS:]


async def _write(process: asyncio.subprocess.Process, from_session: MemoryObjectReceiveStream[SessionMessage]) -> None:
    assert process.stdin is not None  # noqa: S101 - as above
    with contextlib.suppress(anyio.ClosedResourceError, OSError):
        async for sent in from_session:
            process.stdin.write(sent.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
            await process.stdin.drain()


async def _end(process: asyncio.subprocess.Process, tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Close its input, wait, then end it and all that it started, as the protocol's life cycle has it."""
    if process.stdin is not None:
        process.stdin.close()
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(process.wait())), CLOSE_S)
            break
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # what it started and left behind
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
