"""The action space as routers and planners see it: actions as choices, and whether the whole space is a small one.

Rule: nothing reads more than `SMALL` actions at once; a larger space is walked, a level at a time.
"""

from collections.abc import Iterable
from typing import Any, Final

from pgswarm.actions.node import ActionChoice, Node
from pgswarm.actions.spaces.chains import chains
from pgswarm.actions.spaces.places import Place

SMALL: Final = 80
CREATE: Final = "action/create"


async def small_space(node: Node[Any]) -> list[ActionChoice] | None:
    """Return every action that a router may choose, by id, where they are few; None where the space is to be walked."""
    places = await node.spaces.leaves("action", SMALL)
    if places is None:
        return None
    choices = choices_of(places)
    if any(choice.action_id == CREATE for choice in choices) and not await node.may_create():
        return [choice for choice in choices if choice.action_id != CREATE]
    return choices


async def find_action(node: Node[Any], action_id: str) -> ActionChoice | None:
    """Return the action of this id, where it is filed under it and may be chosen."""
    line = await node.spaces.line("action", action_id)
    return choice_of(line[-1]) if line else None


async def known_chains(node: Node[Any]) -> list[dict[str, Any]]:
    """Return the chains of a small space, for planners; of a large one the router shows each level's."""
    return chains(await small_space(node) or [])


def choices_of(places: Iterable[Place]) -> list[ActionChoice]:
    """Return the actions among these places that can be chosen, each id once, by id."""
    found = {choice.action_id: choice for place in places if (choice := choice_of(place))}
    return sorted(found.values(), key=lambda choice: choice.action_id)


def choice_of(place: Place) -> ActionChoice | None:
    """Return the action of an entry, or of what a pointer points to; None where it is none that may be chosen."""
    fields = place.fields
    if place.kind != "action" or not is_offered(place):
        return None
    return ActionChoice(fields["action_id"], place.description, fields["input_schema"], fields.get("output_schema"))


def is_offered(place: Place) -> bool:
    """Whether a router may choose the entry: a folder with something in it, or a routable action."""
    if place.holds:
        return place.below > 0 or place.target_id is not None
    return place.kind == "action" and "action_id" in place.fields and place.fields.get("routable", True) is not False
