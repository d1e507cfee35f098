"""Passwords: hashed with argon2id, in threads, so that nobody else waits; few at a time, so that memory stays bounded.

Parameters: the OWASP password storage cheat sheet's second choice (19 MiB, two passes, one lane). A username that is
not known costs as much time as one that is.
"""

import asyncio
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pgswarm.api.problems import Problem

AT_ONCE: Final = 2
PATIENCE_S: Final = 10.0
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Passwords:
    """One for each application. Work on passwords is done in turns."""

    def __init__(self) -> None:
        """Make it; nothing is hashed yet."""
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobody: str | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn; raise 503 where too many are waiting."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._turns.acquire()
        except TimeoutError:
            raise Problem(
                503, "busy", detail="too many logins at once", remedy="try again", headers={"Retry-After": "5"}
            ) from None
        try:
            yield
        finally:
            self._turns.release()

    async def hash(self, password: str) -> str:
        """Return what is kept of a password. Call it within a turn."""
        return await asyncio.to_thread(_HASHER.hash, _normal(password))

    async def fits(self, kept: str | None, password: str) -> bool:
        """Say whether a password is the one that was kept; False, as late, where none was. Call it within a turn."""
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_urlsafe())
        found = await asyncio.to_thread(_fits, kept or self._nobody, _normal(password))
        return found and kept is not None


def _fits(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """Return the same characters however the keyboard composed them (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)
