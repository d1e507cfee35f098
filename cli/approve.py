"""What a person can be asked to say yes to, and whether new actions are made, as commands take it."""

from typing import Final

from pgswarm.cli.exits import BadInputError

SUPERVISED: Final = {"none": "nothing", "plan": "plans", "every_step": "every step"}


def check_approve(field: str, value: str) -> str:
    """Return the value; raise `BadInputError` naming the argument where there is no such one."""
    if value not in SUPERVISED:
        raise BadInputError(f"{field} cannot be {value!r}", f"Give one of {', '.join(SUPERVISED)}.")
    return value


CREATING: Final = ("off", "ask", "auto")


def check_create(field: str, value: str) -> str:
    """Return how new actions are approved; raise `BadInputError` naming the argument where there is no such way."""
    if value not in CREATING:
        raise BadInputError(f"{field} cannot be {value!r}", f"Give one of {', '.join(CREATING)}.")
    return value
