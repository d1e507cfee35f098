"""How many requests run at the same time against one model, in this process.

Limits that hold across all processors (concurrency and tokens per minute of a model) need a place in the database and
come later; this one only keeps a single process from flooding a server.
"""

import asyncio


class Limits:
    """One semaphore for each model."""

    def __init__(self, concurrency: int) -> None:
        """Take how many requests may run at once against one model."""
        self._concurrency = concurrency
        self._of: dict[str, asyncio.Semaphore] = {}

    def of(self, model: str) -> asyncio.Semaphore:
        """Return the semaphore to hold while a request to `model` is under way (not while pausing between tries)."""
        return self._of.setdefault(model, asyncio.Semaphore(self._concurrency))
