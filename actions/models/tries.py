"""One request, sent until it is answered: again after what may pass, in another shape where the server says so.

Rule: the number of tries, and the pause between two, are bounded; a lowered shape is no try of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pgswarm.actions.models.failures import TryError, pause_s
from pgswarm.actions.models.lines import Line
from pgswarm.actions.models.settings import ModelSettings
from pgswarm.actions.models.verdicts import final_error

AnswerT = TypeVar("AnswerT")


async def send_until_answered(
    settings: ModelSettings,
    line: Line,
    send: Callable[[], Awaitable[AnswerT]],
    lower: Callable[[TryError], bool] = lambda _failure: False,
) -> AnswerT:
    """Return what `send` gives; `lower` says whether the next request goes out otherwise. Raises `ModelError`."""
    tries = 1
    while True:
        try:
            return await send()
        except TryError as failure:
            if lower(failure):
                continue
            asked_s = failure.retry_after_s or 0
            if not failure.passing or tries >= settings.tries or asked_s > settings.retry_after_max_s:
                raise final_error(failure, line.model, line.place, tries) from None
            await asyncio.sleep(pause_s(tries, settings.backoff_s, settings.backoff_max_s, failure.retry_after_s))
            tries += 1
