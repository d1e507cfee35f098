"""The task `handle_failure`: what rules can do about a failure. They give no advice and make up no other way.

What may pass by itself (a crash, a time-out) is tried once more; anything else is given up, for the reason it has.
"""

from collections.abc import Mapping
from typing import Any, Final

_MAY_PASS: Final = frozenset({"exception", "timeout", "worker_lost", "expired"})


def handle_failure(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to do."""
    failures = list(data.get("failures") or ())
    again = len(failures) == 1 and str(failures[0].get("code", "")) in _MAY_PASS
    return {
        "decision": "retry" if again else "give_up",
        "advice": "",
        "action": "",
        "question": "",
        "reason": "" if again else "rules know no other way.",
    }
