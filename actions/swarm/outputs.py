"""The typed output of a report: what an action with an output schema hands on, as JSON. Pure.

Rule: a report is its output, or ends with it under `TITLE`; that survives every node that only hands a report on. What
is longer than `MAX_CHARS` is no output that others can be given.
"""

import json
from typing import Any, Final

TITLE: Final = "Output:"
MAX_CHARS: Final = 4_000
_MARK: Final = f"\n\n{TITLE}\n"


def with_output(report: str, output: Any) -> str:
    """Return a report that ends with its output; the output alone where there is no report."""
    told = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    return f"{report}{_MARK}{told}" if report else told


def output_of(report: str) -> dict[str, Any] | None:
    """Return the output of a report, an object; None where it has none."""
    text = report.rpartition(_MARK)[2].strip()
    if not text.startswith("{") or len(text) > MAX_CHARS:
        return None
    try:
        found = json.loads(text)
        told = json.dumps(found, ensure_ascii=False, allow_nan=False)
        told.encode()
    except (ValueError, RecursionError):
        return None
    # What the database could not store in the arguments of a node is nothing to hand on.
    return found if isinstance(found, dict) and found and "\\u0000" not in told else None
