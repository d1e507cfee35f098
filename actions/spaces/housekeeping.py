"""Housekeeping of a space: crowded folders are split, thin ones merged, a level at a time; shared entries stay.

A model sees one level's own entries (`PAGE` at most) and names groups and merges; what it names that is not there, or
would leave a folder of one, is passed over. Each change is a verb of its own, which holds by itself, and may be made
again; what was moved meanwhile by others is left as it is. Bounded: `MAX_FOLDERS` folders a run, `AT_ONCE` questions an
activation.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from pgswarm.actions.base import ActionError
from pgswarm.actions.files.inventory import safe_name
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.spaces.places import Place, Space
from pgswarm.actions.spaces.router import MAX_SHOWN
from pgswarm.schema.errors import ConflictError, NotFoundError

CROWDED: Final = 30
"""How many entries of one level are too many to choose among."""
THIN: Final = 1
MIN_GROUP: Final = 2
PAGE: Final = 120
MAX_FOLDERS: Final = 60
MAX_PAGES: Final = 10
AT_ONCE: Final = 8
MAX_SAID: Final = 500
_MAX_NAME: Final = 60


class Group(BaseModel):
    """Entries that get a folder of their own."""

    name: str
    description: str
    members: list[str]


class Merge(BaseModel):
    """A folder that goes into another of the same level."""

    folder: str
    into: str


class Tidied(BaseModel):
    """What is to be done on one level."""

    groups: list[Group]
    merges: list[Merge]
    reason: str


class Done(BaseModel):
    """What was done so far, as it is kept in the node's state: folders still to look at, and figures."""

    todo: list[UUID]
    seen: int = 0
    made: int = 0
    moved: int = 0
    merged: int = 0
    skipped: int = 0

    def told(self, space: Space) -> str:
        """Return it as a report."""
        if not (self.made or self.moved or self.merged):
            return f"Looked at {self.seen} folders of {space}: nothing had to be moved."
        left = f" {len(self.todo)} folders are left for another run." if self.todo else ""
        passed = f" {self.skipped} changes were passed over: others were at it, or they fitted nothing." * bool(
            self.skipped
        )
        return (
            f"Looked at {self.seen} folders of {space}: made {self.made}, moved {self.moved} entries into them, "
            f"merged {self.merged} thin ones.{passed}{left}"
        )


async def keep_house(node: Node[Any], space: Space, folder: str) -> str | None:
    """Tidy a folder and what lies below it; return the report, None where there is more to do (`Continue`)."""
    done = await _begun(node, space, folder)
    for _ in range(AT_ONCE):
        if not done.todo or done.seen >= MAX_FOLDERS:
            break
        await _tidy(node, space, done)
        node.state["house"] = done.model_dump(mode="json")
    return None if done.todo and done.seen < MAX_FOLDERS else done.told(space)


async def _begun(node: Node[Any], space: Space, folder: str) -> Done:
    if "house" in node.state:
        return Done.model_validate(node.state["house"])
    line = await node.spaces.line(space, folder)
    if not line or not line[-1].holds:
        raise ActionError("not_found", f"{space} holds no folder {folder!r}: name one that is there.")
    return Done(todo=[line[-1].entry_id])


async def _tidy(node: Node[Any], space: Space, done: Done) -> None:
    folder_id = done.todo.pop(0)
    done.seen += 1
    try:
        here = (await node.spaces.line(space, folder_id))[-1]
        places, whole = await _read(node, space, folder_id)
    except NotFoundError:
        return
    level = Level(node, space, done, here, [place for place in places if place.own])
    await level.tidy()
    inner = [p.entry_id for p in places if p.holds and p.target_id is None and p.below and p.entry_id not in level.gone]
    again = [folder_id] if level.gone and not whole else []
    done.todo = [*done.todo, *again, *inner][: MAX_FOLDERS - done.seen]


async def _read(node: Node[Any], space: Space, folder_id: UUID) -> tuple[list[Place], bool]:
    """Read a level page by page until `PAGE` of the swarm's own entries are seen; say whether that is all of it."""
    found: list[Place] = []
    for _ in range(MAX_PAGES):
        page = await node.spaces.level(space, folder_id, after=found[-1].name if found else "", limit=PAGE)
        found += page
        if len(page) < PAGE:
            return found, True
        if sum(place.own for place in found) >= PAGE:
            break
    return found, False


class Level:
    """One level on which there may be something to do; `gone` are the entries that left it."""

    def __init__(self, node: Node[Any], space: Space, done: Done, here: Place, own: Sequence[Place]) -> None:
        """Take the folder, and what in it is the swarm's own."""
        self.node, self.space, self.done, self.here = node, space, done, here
        self.names = {place.name: place for place in own[:PAGE]}
        folders = [place for place in own if place.kind == "folder" and place.target_id is None]
        self.thin = {place.name for place in folders if place.below <= THIN} if len(folders) > 1 else set()
        self.crowded = here.takes and len(own) > CROWDED
        self.gone: set[UUID] = set()

    async def tidy(self) -> None:
        """Ask what belongs together, where the level is crowded or has thin folders, and do it."""
        if not self.crowded and not self.thin:
            return
        about = {"path": self.here.path, "description": self.here.description[:MAX_SHOWN]}
        entries = [self._shown(place) for place in self.names.values()]
        data = {"space": self.space, "folder": about, "crowded": self.crowded, "entries": entries}
        tidied = await self.node.llm(Tidied, Prompt(task="tidy_level", data=data, role="router"))
        for group in tidied.groups if self.crowded else ():
            await self._split(group)
        for merge in tidied.merges:
            await self._merge(merge)

    def _shown(self, place: Place) -> dict[str, Any]:
        said: dict[str, Any] = {"name": place.name, "description": place.description[:MAX_SHOWN]}
        return said | ({"folder": True, "thin": place.name in self.thin} if place.holds else {})

    async def _split(self, group: Group) -> None:
        """Move a group into a folder of its name, which is made where it is not there."""
        name = _folder_name(group.name)
        known = self.names.get(name)
        found = [self.names[member] for member in dict.fromkeys(group.members) if member in self.names]
        members = [place for place in found if not place.holds and place.entry_id not in self.gone]
        fits = bool(name) and len(members) >= (1 if known else MIN_GROUP) and (known is None or known.holds)
        if not fits:
            self.done.skipped += 1
            return
        folder = known.entry_id if known else await self._make(name, group.description)
        for member in members:
            if await self._done(self.node.spaces.move(member.entry_id, parent_id=folder)):
                self.done.moved += 1
                self.gone.add(member.entry_id)

    async def _make(self, name: str, description: str) -> UUID:
        said = description.strip()[:MAX_SAID] or None
        made = await self.node.spaces.save(self.space, self.here.entry_id, name, "folder", description=said)
        self.done.made += 1
        return made

    async def _merge(self, merge: Merge) -> None:
        """Merge a thin folder into another of its level."""
        folder, into = self.names.get(merge.folder), self.names.get(merge.into)
        if folder is None or into is None or folder is into or folder.name not in self.thin:
            self.done.skipped += 1
            return
        if {folder.entry_id, into.entry_id} & self.gone or not into.takes:
            self.done.skipped += 1
        elif await self._done(self.node.spaces.merge(folder.entry_id, into.entry_id)):
            self.done.merged += 1
            self.gone.add(folder.entry_id)

    async def _done(self, change: Awaitable[None]) -> bool:
        """Make a change; False where others were quicker, or it is not allowed."""
        try:
            await change
        except (ConflictError, NotFoundError):
            self.done.skipped += 1
            return False
        return True


def _folder_name(name: str) -> str:
    try:
        return safe_name(name)[:_MAX_NAME].strip(" .")
    except ActionError:
        return ""
