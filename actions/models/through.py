"""What a request goes through on its way: nothing, or the journal, which may have its reply already."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pgswarm.actions.models.replies import Reply


@dataclass(frozen=True, slots=True)
class Asking:
    """One request on its way: `prompt` says which prompt asks, `fits` whether a reply may be used again."""

    request: Mapping[str, Any]
    prompt: str
    most_output: int
    fits: Callable[[Reply], bool]


class Through(Protocol):
    """What a request goes through: it runs `call`, or gives a reply that it kept. The journal is one."""

    async def __call__(self, asking: Asking, call: Callable[[], Awaitable[Reply]]) -> Reply:
        """Return the reply to the canonical request."""


async def direct(asking: Asking, call: Callable[[], Awaitable[Reply]]) -> Reply:
    """Call at once and keep nothing."""
    del asking
    return await call()
