"""How often a source that does not answer is tried again, and after how long. Pure.

Rule: what the other side asks for (`Retry-After`) is kept, and where it asks for more than is waited, it is left.
"""

from typing import Final

MOST_TRIES: Final = 5
FIRST_S: Final = 2.0
FACTOR: Final = 3.0
LONGEST_S: Final = 600.0


def pause_s(tries: int, after_s: float | None, *, most_tries: int = MOST_TRIES) -> float | None:
    """Return the seconds to wait after `tries` failures (1 is the first): 2, 6, 18, 54, or `after_s` if that is more.

    None: it is not tried again.
    """
    if tries >= most_tries or (after_s or 0.0) > LONGEST_S:
        return None
    return max(FIRST_S * FACTOR ** (tries - 1), after_s or 0.0)
