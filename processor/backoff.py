"""Backoff: how long to wait before trying again. Pure, but for the dice.

Exponential with full jitter between half and the whole, so that what failed together does not come back together
(M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: "equal jitter").
"""

import random
from typing import Final

FIRST_S: Final = 0.1
LONGEST_S: Final = 30.0
_CAP: Final = 20  # 0.1 s * 2**20 is over a day: no need to compute further


def delay(tries: int, *, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> float:
    """Return seconds to wait after `tries` failures (1 is the first): first_s * 2^(tries-1), bounded, jittered."""
    whole = min(longest_s, first_s * 2.0 ** min(max(tries, 1) - 1, _CAP))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
