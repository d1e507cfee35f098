"""The one router over the spaces: down a tree a folder at a time, by bounded choices, until it lands or is lost.

At each folder a model sees one page of one level, never more, and chooses a child, the next page, to stop here, to make
a folder, or to step back; what it may choose is in the schema of its answer. A rejected child is remembered in the
node's durable `state`, a single child is taken without asking, pointers are followed. Each question is one journaled
call in the role `router`. Bounded: `MAX_STEPS` steps a walk, `STEPS_AT_ONCE` an activation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model

from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.spaces.places import Place, Space
from pgswarm.schema.errors import NotFoundError

PAGE: Final = 40
MAX_STEPS: Final = 60
STEPS_AT_ONCE: Final = 12
MAX_SHOWN: Final = 240
MAX_AGENT: Final = 1_000
MAX_TOLD: Final = 20

HERE: Final = "/here"
BACK: Final = "/back"
MORE: Final = "/more"
NEW: Final = "/new"
"""The moves that are no child; no entry's name has a slash."""


class Choice(BaseModel):
    """The choice of one step: a child's name or a move; for `/new` the folder's name and description."""

    choice: str
    reason: str


class ChoiceOrNew(Choice):
    """The same, where a folder may be made."""

    new_name: str
    new_description: str


@dataclass(frozen=True, slots=True)
class Guide:
    """What a walk is for. `task` names the prompt, `data` is what is compared with each level.

    `shows`: which entries can be chosen; `opens`: which of them are gone into; `stops`: in which folders it may stop;
    `makes`: whether it may make a folder there; `adds`: what is said of a page besides.
    `key`: where the walk stands in `node.state`.
    """

    space: Space
    task: str
    data: Mapping[str, Any]
    shows: Callable[[Place], bool]
    opens: Callable[[Place], bool] = lambda place: place.holds
    stops: Callable[[Place], bool] = lambda _: False
    makes: bool = False
    adds: Callable[[Sequence[Place]], Mapping[str, Any]] = lambda _: {}
    key: str = "walk"


@dataclass(frozen=True, slots=True)
class Landed:
    """Where a walk ended: at a place, or in it (`here`), or in a folder that is to be made there."""

    place: Place
    here: bool = False
    new_name: str = ""
    new_description: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """The walk came to nothing: `nothing_fits`, or `too_many_steps`."""

    code: str
    reason: str


class Spot(BaseModel):
    """A folder on the way down, and from behind which name its next page is read."""

    model_config = ConfigDict(extra="ignore")

    place_id: UUID
    name: str
    path: str
    description: str
    own: bool
    takes: bool
    search: str
    agent: str = ""
    """What those who work in this corner of the tree are told."""
    after: str = ""

    @classmethod
    def of(cls, place: Place, chosen: str = "") -> "Spot":
        """Return a place as a spot; `chosen` is the name under which it was chosen (a pointer's)."""
        said = place.description[:MAX_SHOWN]
        name = chosen or place.name
        return cls(
            place_id=place.entry_id, name=name, path=place.path, description=said, own=place.own, takes=place.takes,
            search=place.search, agent=str(place.fields.get("agent") or "")[:MAX_AGENT],
        )  # fmt: skip

    def place(self) -> Place:
        """Return the spot as a place."""
        return Place(
            self.place_id, self.path.rpartition("/")[2], self.path, "folder", self.description, own=self.own,
            holds=True, takes=self.takes, search=self.search,
        )  # fmt: skip


class Rejected(BaseModel):
    """A child of a folder that led to nothing, and why."""

    name: str
    reason: str


class Walk(BaseModel):
    """Where a walk stands, as it is kept in the node's state."""

    line: list[Spot]
    rejected: dict[str, list[Rejected]] = {}
    steps: int = 0
    asked: int = 0
    landed: tuple[str, str] | None = None
    """The folder and the child at which it landed last."""

    @property
    def at(self) -> Spot:
        """The folder that it is in."""
        return self.line[-1]

    def refused(self) -> list[Rejected]:
        """Return what was rejected in this folder."""
        return self.rejected.get(str(self.at.place_id), [])

    def reject(self, folder: str, name: str, reason: str) -> None:
        """Remember that a child leads to nothing."""
        known = [one for one in self.rejected.get(folder, []) if one.name != name]
        self.rejected[folder] = [*known, Rejected(name=name, reason=reason[:MAX_SHOWN])]

    def back(self, reason: str) -> Lost | None:
        """Step back to the folder above, which remembers this one; at the root the walk is lost."""
        if len(self.line) == 1:
            return Lost("nothing_fits", reason)
        left = self.line.pop()
        self.reject(str(self.at.place_id), left.name, reason)
        return None


@dataclass(slots=True)
class Page:
    """What one step can choose from."""

    shown: Sequence[Place]
    moves: list[str] = field(default_factory=list)
    last: str = ""


async def walk(node: Node[Any], guide: Guide) -> Landed | Lost | None:
    """Go on with a walk until it lands or is lost; None: run the same handler again (`Continue`), for it has far to go.

    It begins at the root. Where it landed at something that does not do, `reject` says so before it goes on.
    """
    state = node.state.get(guide.key)
    if state is None:
        here = Walk(line=[Spot.of(place) for place in await node.spaces.line(guide.space)])
    else:
        here = Walk.model_validate(state)
    result: Landed | Lost | None = None
    for _ in range(STEPS_AT_ONCE):
        if here.steps >= MAX_STEPS:
            result = Lost("too_many_steps", f"After {MAX_STEPS} steps nothing was found that fits.")
            break
        here.steps += 1
        result = await _step(node, guide, here)
        if result is not None:
            break
    node.state[guide.key] = here.model_dump(mode="json")
    return result


def reject(node: Node[Any], reason: str, key: str = "walk") -> None:
    """Remember that where the walk landed did not do; the next `walk` goes on from there."""
    here = Walk.model_validate(node.state[key])
    if here.landed is not None:
        folder, name = here.landed
        if name or len(here.line) == 1:
            here.reject(folder, name or HERE, reason)
        else:
            here.back(reason)
    here.landed = None
    node.state[key] = here.model_dump(mode="json")


async def _step(node: Node[Any], guide: Guide, here: Walk) -> Landed | Lost | None:
    try:
        page = await _page(node, guide, here)
    except NotFoundError:
        return here.back("it is gone")
    stops = HERE in page.moves or NEW in page.moves
    if not page.shown and not stops:
        if MORE in page.moves:
            here.at.after = page.last
            return None
        return here.back("nothing in it fits")
    if len(page.shown) == 1 and not stops and MORE not in page.moves and not here.at.after and not here.refused():
        return await _enter(node, guide, here, page.shown[0])
    return await _take(node, guide, here, page, await _ask(node, guide, here, page))


async def _page(node: Node[Any], guide: Guide, here: Walk) -> Page:
    level = await node.spaces.level(guide.space, here.at.place_id, after=here.at.after, limit=PAGE + 1)
    refused = {one.name for one in here.refused()}
    above = {spot.place_id for spot in here.line}
    shown = [
        place
        for place in level[:PAGE]
        if place.name not in refused and guide.shows(place) and (place.target_id or place.entry_id) not in above
    ]
    page = Page(shown)
    if HERE not in refused and guide.stops(here.at.place()):
        page.moves.append(HERE)
        if guide.makes:
            page.moves.append(NEW)
    if len(level) > PAGE:
        page.moves.append(MORE)
        page.last = level[PAGE - 1].name
    page.moves.append(BACK)
    return page


async def _ask(node: Node[Any], guide: Guide, here: Walk, page: Page) -> Choice:
    refused = here.refused()
    data = {
        **guide.data,
        "folder": {"path": here.at.path, "description": here.at.description, "depth": len(here.line) - 1},
        "choices": [shown(place) for place in page.shown],
        "moves": page.moves,
        "rejected_here": [one.model_dump() for one in refused[-MAX_TOLD:]],
    }
    agents = [spot.agent for spot in here.line if spot.agent]
    data.update(guide.adds(page.shown))
    if agents:
        data["agents"] = agents
    makes = NEW in page.moves
    schema = choice_model((*(place.name for place in page.shown), *page.moves), makes=makes)
    here.asked += 1
    return await node.llm(schema, Prompt(task=guide.task, data=data, role="router"))


async def _take(node: Node[Any], guide: Guide, here: Walk, page: Page, said: Choice) -> Landed | Lost | None:
    if said.choice == MORE:
        here.at.after = page.last
        return None
    if said.choice == BACK:
        return here.back(said.reason or "nothing in it fits")
    if said.choice in {HERE, NEW}:
        here.landed = (str(here.at.place_id), "")
        place = here.at.place()
        if said.choice == HERE or not isinstance(said, ChoiceOrNew):
            return Landed(place, here=True)
        return Landed(place, here=True, new_name=said.new_name, new_description=said.new_description)
    return await _enter(node, guide, here, next(place for place in page.shown if place.name == said.choice))


async def _enter(node: Node[Any], guide: Guide, here: Walk, chosen: Place) -> Landed | Lost | None:
    place = chosen
    if chosen.target_id is not None:
        try:
            place = (await node.spaces.line(guide.space, chosen.target_id))[-1]
        except NotFoundError:
            here.reject(str(here.at.place_id), chosen.name, "what it pointed to is gone")
            return None
    if guide.opens(place):
        here.line.append(Spot.of(place, chosen.name))
        return None
    here.landed = (str(here.at.place_id), chosen.name)
    return Landed(place)


def shown(place: Place) -> dict[str, Any]:
    """Return an entry as a choice: bounded in size."""
    said: dict[str, Any] = {"name": place.name, "kind": place.kind, "description": place.description[:MAX_SHOWN]}
    if place.holds:
        said["holds"] = place.below
    if place.status != "up_to_date":
        said["status"] = place.status
    return said


@lru_cache(maxsize=128)
def choice_model(names: tuple[str, ...], *, makes: bool) -> type[Choice]:
    """Return the answer's class, with the choice bounded to `names`."""
    bounded: Any = Literal.__getitem__(names)
    base: type[Choice] = ChoiceOrNew if makes else Choice
    return create_model(base.__name__, __base__=base, choice=(bounded, ...))
