"""Where tokens are kept, for all processors at once. They get there sealed (`sealing.py`)."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for a connection: sealed, in a version, and whether somebody is renewing it."""

    sealed: bytes | None = None
    version: UUID | None = None
    renewing: bool = False


class Vault(Protocol):
    """Keeps sealed tokens where all processors find them. Every call may be sent twice."""

    async def read(self, connection: str) -> Kept:
        """Return what is kept for a connection."""

    async def begin(self, connection: str, version: UUID | None, renewal: UUID, for_s: float) -> bool:
        """Take the right to renew this version, for so many seconds; False: somebody else has it, or it changed."""

    async def end(self, connection: str, renewal: UUID) -> None:
        """Give the right back: nothing came of it."""

    async def keep(self, connection: str, sealed: bytes, version: UUID, renewal: UUID | None) -> bool:
        """Keep what a renewal brought; False: something newer counts. Without `renewal`: what a sign-in brought."""
