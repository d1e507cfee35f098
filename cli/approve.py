"""What a person can be asked to say yes to, as commands take it."""

from typing import Final

from pgswarm.cli.exits import BadInputError

SUPERVISED: Final = {"none": "nothing", "plan": "plans", "every_step": "every step"}


def check_approve(field: str, value: str) -> str:
    """Return the value; raise `BadInputError` naming the argument where there is no such one."""
    if value not in SUPERVISED:
        raise BadInputError(f"{field} cannot be {value!r}", f"Give one of {', '.join(SUPERVISED)}.")
    return value
