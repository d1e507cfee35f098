"""One try at a server that brought no answer, and what it means: try again, ask in another way, or give up.

Rule: only what may pass by itself is tried again, a bounded number of times, after a jittered pause.
"""

import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

Kind = Literal["status", "timeout", "unreachable", "cut", "protocol", "too_large"]

_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_FOR_GOOD = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_RANDOM = random.SystemRandom()


class TryError(Exception):
    """What one try met: `message` is the server's own words, scrubbed; `retry_after_s` the pause that it asked for."""

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        param: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        """Take what was seen; `status` is 0 where no HTTP status came."""
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.retry_after_s = retry_after_s

    @property
    def passing(self) -> bool:
        """Whether the same request may work a little later."""
        if self.kind == "status":
            return self.status in _PASSING and self.code not in _FOR_GOOD
        return self.kind in {"timeout", "unreachable", "cut"}

    @property
    def maybe_paid(self) -> bool:
        """Whether the server may have worked, and charged, for nothing."""
        return self.kind in {"timeout", "cut", "too_large", "protocol"}


def pause_s(failed_tries: int, base_s: float, max_s: float, retry_after_s: float | None) -> float:
    """Return how long to wait after so many failed tries, in seconds.

    Exponential with full jitter (M. Brooker, "Exponential Backoff And Jitter"), never less than the server asked for;
    what it asked for is spread by a tenth, so that not everyone comes back at once.
    """
    pause = _RANDOM.uniform(0, min(max_s, base_s * 2 ** (failed_tries - 1)))
    if retry_after_s is None:
        return pause
    return max(pause, retry_after_s * _RANDOM.uniform(1.0, 1.1))


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the pause that `Retry-After` asks for, in seconds (RFC 9110, 10.2.3: seconds or a date), or None."""
    for name, per_second in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "nan")) / per_second
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
