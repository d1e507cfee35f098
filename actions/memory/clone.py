"""`memory/clone`: adds pointers to an entry where people would also look for it; nothing is copied.

The router walks as for an artifact that is to be filed, again and again; the folder where the entry lies, and
those that have a pointer to it, are remembered as done. Bounded: `MAX_PLACES` pointers.
"""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.files.inventory import resolve
from pgswarm.actions.memory.filing import MAX_HEAD, file_guide
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Continue, Finish
from pgswarm.actions.spaces.places import Place
from pgswarm.actions.spaces.router import Lost, reject, walk
from pgswarm.schema.errors import ConflictError

MAX_PLACES = 5


class CloneArgs(BaseModel):
    """The entry, by its path or name in memory, and in how many places more it is to be found at most."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(min_length=1, max_length=1_000)
    places: int = Field(default=2, ge=1, le=MAX_PLACES)


@action(
    "memory/clone",
    description="Add pointers to something in memory in the other folders where people would also look for it.",
)
class Clone(Action[CloneArgs]):
    """Adds pointers."""

    async def main(self, node: Node[CloneArgs]) -> ActionOutcome:
        """Walk to the next folder where it belongs as well, and put a pointer there."""
        entry = await _entry(node)
        kept: list[str] = node.state.setdefault("pointers", [])
        seen: list[str] = node.state.setdefault("seen", [])
        guide = file_guide(await _told(node, entry), makes=False)
        landed = await walk(node, guide)
        if landed is None:
            return Continue(then=self.main)
        if not isinstance(landed, Lost) and landed.place.path not in seen:
            seen.append(landed.place.path)
            if await _point(node, landed.place, entry):
                kept.append(f"{landed.place.path}/{entry.name}")
            reject(node, "it is there already")
            if len(kept) < node.args.places and len(seen) < node.args.places + MAX_PLACES:
                return Continue(then=self.main)
        if not kept:
            return Finish(f"Nobody would look for {entry.path} anywhere else: nothing was added.")
        return Finish(f"{entry.path} is now found as well as {', '.join(kept)}.")


async def _entry(node: Node[CloneArgs]) -> Place:
    line = await node.spaces.line("memory", node.args.file)
    if not line:
        line = await node.spaces.line("memory", (await resolve(node, node.args.file)).entry_id)
    if not line or not line[-1].path:
        raise ActionError("not_found", f"memory holds no {node.args.file!r}: name an entry by its path.")
    return line[-1]


async def _told(node: Node[CloneArgs], entry: Place) -> dict[str, str]:
    head = ""
    if not entry.holds:
        try:
            head = (await node.memory.read(entry.entry_id))[:MAX_HEAD]
        except ActionError:
            head = ""  # no text: its name and description say what it is
    return {"name": entry.name, "kind": entry.kind, "description": entry.description, "head": head}


async def _point(node: Node[CloneArgs], folder: Place, entry: Place) -> bool:
    """Put a pointer into a folder; False where it lies there, or something else has its name."""
    if entry.path.rpartition("/")[0] == folder.path or folder.path.startswith(f"{entry.path}/"):
        return False
    try:
        await node.spaces.save(
            "memory", folder.entry_id, entry.name, "pointer", description=entry.description, target_id=entry.entry_id,
            if_version=0,
        )  # fmt: skip
    except ConflictError:
        line = await node.spaces.line("memory", f"{folder.path}/{entry.name}")
        return bool(line) and line[-1].target_id == entry.entry_id
    return True
