"""Waiting for something with a deadline: a test never sleeps for a fixed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE_S = 0.01


def wait_until(check: Callable[[], T | None], what: str, *, within_s: float = 15.0) -> T:
    """Call `check` until it returns something true, and return that; fail after `within_s` seconds, naming `what`."""
    end = time.monotonic() + within_s
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {within_s:g} s: {what} (last seen: {found!r})")
        time.sleep(PAUSE_S)


async def wait_until_async(check: Callable[[], Awaitable[T | None]], what: str, *, within_s: float = 15.0) -> T:
    """Await `check()` until it gives something true, and return that; fail after `within_s` seconds, naming `what`."""
    end = time.monotonic() + within_s
    while True:
        found = await check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {within_s:g} s: {what} (last seen: {found!r})")
        await asyncio.sleep(PAUSE_S)
