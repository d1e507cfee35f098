"""The sandbox of one process: chosen, and seen to hold, when a handler first needs one.

Rule: no code of a node runs before the probes of its level have passed in this very process.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgswarm.actions.sandbox import Sandbox

_LOG = logging.getLogger(__name__)


class Sandboxes:
    """Gives every activation the same sandbox."""

    def __init__(self) -> None:
        """Choose nothing yet: most processors never run code."""
        self._chosen: Sandbox | None = None
        self._choosing = asyncio.Lock()

    async def get(self) -> "Sandbox":
        """Return the sandbox; raise `SandboxError` where the setting is wrong."""
        async with self._choosing:
            if self._chosen is None:
                from pgswarm.actions.sandbox.choose import choose  # noqa: PLC0415 - only where code runs

                chosen = await choose()
                for tried in chosen.tried:
                    if tried.why_not:
                        _LOG.warning("the sandbox %s is not used: %s", tried.level, tried.why_not)
                if chosen.level == "unsafe":
                    _LOG.warning("code of models runs UNCONFINED, as the setting PGSWARM_SANDBOX=unsafe says")
                _LOG.info("code runs in the sandbox: %s", chosen.sandbox.described)
                self._chosen = chosen.sandbox
            return self._chosen

    async def close(self) -> None:
        """Let go of it."""
        if self._chosen is not None:
            await self._chosen.aclose()
