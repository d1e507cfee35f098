"""Quarantine: nodes that were lost again and again run one at a time, so that poison takes no other node with it.

When a process dies, every node that it held is charged an attempt, and nobody knows which of them killed it. A node
that was lost twice in a row is a suspect: a worker keeps one of them, gives the others back (which takes the charge
back), and starts the one only when everything else that has finished is committed. So poison soon dies alone.
"""

from collections import Counter
from typing import Final

from pgswarm.processor import backoff
from pgswarm.processor.activation import Activation

LOSSES: Final = 2
"""So many losses in a row make a suspect."""
AWAY_S: Final = 0.2
AWAY_LONGEST_S: Final = 10.0


class Quarantine:
    """The one suspect of a worker, waiting or running."""

    def __init__(self) -> None:
        """Start empty."""
        self._suspect: Activation | None = None
        self._waits = False
        self._turned_away: Counter[bytes] = Counter()

    @property
    def waiting(self) -> int:
        """1 while a suspect waits for its start."""
        return int(self._waits and self._suspect is not None and self._suspect.open)

    @property
    def runs(self) -> list[Activation]:
        """The suspect, if there is one."""
        return [] if self._suspect is None else [self._suspect]

    def admit(self, run: Activation) -> float | None:
        """Take a suspect; where there is one already, return the seconds after which this one may come again."""
        if self._suspect is not None and self._suspect.open:
            self._turned_away[run.node_key] += 1
            return backoff.delay(self._turned_away[run.node_key], first_s=AWAY_S, longest_s=AWAY_LONGEST_S)
        self._turned_away.pop(run.node_key, None)
        self._suspect = run
        self._waits = True
        return None

    def take(self) -> Activation | None:
        """Return the suspect that waits for its start, if there is one; it does not wait any more."""
        run = self._suspect if self.waiting else None
        self._waits = False
        return run
