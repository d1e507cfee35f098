"""What a retriever and an uploader of another package must be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a retriever found: its path or address there, a text of it, and where that stands (0: unknown)."""

    path: str
    text: str
    title: str = ""
    first_line: int = 0
    last_line: int = 0
    score: float = 0.0


class Retriever(Protocol):
    """Looks for something in a store. Both may raise `BranchError`, whose message is shown."""

    async def search(self, query: str, limit: int) -> Sequence[Found]:
        """Return at most `limit` things that fit the words, best first."""

    async def read(self, path: str) -> bytes:
        """Return the whole of something by its path."""


class Uploader(Protocol):
    """Puts something into a store."""

    async def upload(self, path: str, content: bytes, description: str) -> str:
        """Put it there, in the place of what was there; return its address."""


class BranchError(Exception):
    """The other store cannot be used; the message says why, and what to do."""
