"""Runs on another machine, by HTTP: the same interface over `pgswarm sandbox serve`.

Rule: what a runner answers is as hostile as what a run leaves behind: bounded, checked, and never a path outside.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import httpx2
from pydantic import BaseModel, ValidationError

from pgswarm.actions.sandbox.local import DEFAULT_LIMITS, MARGIN_S
from pgswarm.actions.sandbox.types import MB, NO_FILES, Limits, Ran, SandboxError, Tree
from pgswarm.actions.sandbox.wire import decode_ran, encode_run

CONNECT_S: Final = 10.0
QUEUE_S: Final = 300.0
"""How long a runner may keep a run waiting for a place, or install its packages."""
MAX_ANSWER: Final = 400 * MB
BUSY: Final = 503


class Refusal(BaseModel):
    """What a runner says in the place of an answer."""

    code: str
    message: str


class RemoteSandbox:
    """Implements `Sandbox` over HTTP."""

    def __init__(self, address: str, token: str) -> None:
        """Take the runner's address and its token; raise `SandboxError` (`bad_setting`) where they cannot be."""
        if not token:
            told = (
                "A remote runner wants its token: set PGSWARM_SANDBOX_TOKEN to what `pgswarm sandbox serve` was given."
            )
            raise SandboxError("bad_setting", told)
        self._address = address.rstrip("/")
        self._shown = urlsplit(address).netloc.rpartition("@")[2]
        self._client = httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, follow_redirects=False)

    @property
    def described(self) -> str:
        """How runs are kept in."""
        return f"remote runner at {self._shown}"

    async def run(
        self,
        command: Sequence[str],
        *,
        files: Tree,
        stdin: bytes = b"",
        limits: Limits = DEFAULT_LIMITS,
        packages: Sequence[str] = (),
        modules: Tree = NO_FILES,
    ) -> Ran:
        """Run a command there; raise `SandboxError`: the runner's own, or `runner_unreachable`, `bad_runner`."""
        body = encode_run(list(command), files, stdin, limits, list(packages), modules=modules)
        patience = httpx2.Timeout(limits.wall_s + MARGIN_S + QUEUE_S, connect=CONNECT_S)
        status, answer = await self._send("POST", "/v1/runs", body, patience)
        if status == 200:  # noqa: PLR2004 - HTTP's OK
            return decode_ran(answer)
        try:
            refusal = Refusal.model_validate_json(answer)
        except ValidationError:
            raise SandboxError("bad_runner", f"{self._shown} answers {status} and is no runner of pgswarm.") from None
        code = "runner_unreachable" if status == BUSY else refusal.code
        raise SandboxError(code, f"{refusal.message} (said by the runner at {self._shown})")

    async def level(self) -> str:
        """Return the level of the runner; raise `SandboxError` where it does not answer."""
        status, answer = await self._send("GET", "/healthz", b"", httpx2.Timeout(CONNECT_S))
        if status != 200:  # noqa: PLR2004 - HTTP's OK
            raise SandboxError("bad_runner", f"{self._shown} answers {status}: {answer[:200].decode(errors='replace')}")
        return answer.decode(errors="replace")[:100]

    async def _send(self, method: str, path: str, body: bytes, patience: httpx2.Timeout) -> tuple[int, bytes]:
        try:
            async with self._client.stream(method, self._address + path, content=body, timeout=patience) as response:
                answer = bytearray()
                async for part in response.aiter_bytes():
                    answer += part
                    if len(answer) > MAX_ANSWER:
                        raise SandboxError("bad_runner", f"{self._shown} answers with more than {MAX_ANSWER:,} bytes.")
                return response.status_code, bytes(answer)
        except httpx2.HTTPError as error:
            told = f"The runner at {self._shown} cannot be reached ({type(error).__name__})."
            raise SandboxError("runner_unreachable", f"{told} Is `pgswarm sandbox serve` up?") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
