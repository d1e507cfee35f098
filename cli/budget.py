"""The limits of a swarm as people type them: `nodes=300,tokens=50000`."""

import re

from pgswarm.cli.exits import BadInputError

LIMIT = re.compile(r"(?P<name>[a-z_]+)\s*=\s*(?P<number>\d{1,15}(\.\d{1,9})?)")


def parse_budget(text: str) -> dict[str, float]:
    """Return the limits of `nodes=300,tokens=50000`; the database knows their names. Raises `BadInputError`."""
    limits: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = LIMIT.fullmatch(part)
        if found is None:
            raise BadInputError(f"--budget: {part!r} is not a limit", "Write it as nodes=300,tokens=50000.")
        limits[found["name"]] = float(found["number"]) if "." in found["number"] else int(found["number"])
    return limits
