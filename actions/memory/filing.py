"""An artifact on its way into memory: staged with what is said of it, filed where the router leads it.

Rule: nothing is lost and nothing is overwritten: another content of the same name is kept beside, with a number, unless
it is meant to be a new version; where no folder can be found, it is kept among the results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from uuid import UUID

from pgswarm.actions.base import ActionError
from pgswarm.actions.files.inventory import RESULTS, safe_name
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import Fail
from pgswarm.actions.spaces.places import Place
from pgswarm.actions.spaces.router import Guide, Landed, Lost, walk
from pgswarm.schema.decode import NotTextError, decode
from pgswarm.schema.errors import ConflictError

MAX_HEAD: Final = 600
MAX_NUMBERED: Final = 50
_MAX_FOLDER: Final = 60
_IMAGES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"})
_KINDS: Final = {
    "md": "markdown",
    "csv": "csv",
    "tsv": "tsv",
    "json": "json",
    "html": "html",
    "py": "python",
}


@dataclass(frozen=True, slots=True)
class Artifact:
    """What is to be kept: its name, its content, what is said of it; its kind, where more is known than its name."""

    name: str
    content: str | bytes
    description: str
    replace: bool = False
    derived_from: Sequence[UUID] = ()
    known_kind: str = ""
    fields: Mapping[str, Any] | None = None

    @property
    def data(self) -> bytes:
        """The content as it is kept."""
        return self.content.encode() if isinstance(self.content, str) else self.content

    @property
    def kind(self) -> str:
        """The kind of entry: what is known, else by the name's suffix; what is no text is binary."""
        if self.known_kind:
            return self.known_kind
        try:
            decode(self.data, self.name)
        except NotTextError:
            return "image" if PurePosixPath(self.name).suffix.lower() in _IMAGES else "binary"
        return _KINDS.get(PurePosixPath(self.name).suffix.lower().lstrip("."), "text")

    def told(self) -> dict[str, Any]:
        """Return what is compared with folders."""
        head = self.data[:MAX_HEAD].decode(errors="replace") if self.kind not in {"binary", "image"} else ""
        return {"name": self.name, "kind": self.kind, "description": self.description, "head": head}


def file_guide(artifact: dict[str, Any], *, makes: bool = True, key: str = "walk") -> Guide:
    """Return the guide of a walk to the folder where an artifact belongs."""
    return Guide(
        "memory",
        "file_entry",
        {"artifact": artifact},
        shows=lambda place: place.holds,
        stops=lambda place: place.takes and place.path != "",
        makes=makes,
        key=key,
    )


async def file_away(node: Node[Any], artifact: Artifact) -> str | Fail | None:
    """Walk on to the artifact's folder and keep it there; return its path, None where the walk has far to go."""
    landed = await walk(node, file_guide(artifact.told()))
    if landed is None:
        return None
    if isinstance(landed, Lost):
        node.log.info("no folder for %s (%s): it is kept among the results", artifact.name, landed.reason)
        return await keep_in(node, await _results(node), artifact)
    return await keep_in(node, await _folder(node, landed), artifact)


async def keep_in(node: Node[Any], folder: Place, artifact: Artifact) -> str | Fail:
    """Save an artifact in a folder, under its name or one with a number; return its path."""
    content = artifact.data
    for number in range(1, MAX_NUMBERED + 1):
        name = artifact.name if number == 1 else _numbered(artifact.name, number)
        path = f"{folder.path}/{name}".lstrip("/")
        try:
            await node.spaces.save(
                "memory", folder.entry_id, name, artifact.kind, content=content, description=artifact.description,
                if_version=None if artifact.replace else 0, fields=artifact.fields,
                derived_from=artifact.derived_from or None,
            )  # fmt: skip
        except ConflictError:
            if not await _holds(node, path, content):
                continue
        await _put_elsewhere(node, folder, name, artifact)
        return path
    return Fail("name_taken", f"{folder.path} holds {MAX_NUMBERED} entries called like {artifact.name}: name another.")


async def _put_elsewhere(node: Node[Any], folder: Place, name: str, artifact: Artifact) -> None:
    """Put what was saved into the store of the nearest branch above that names an uploader; it may come twice."""
    from pgswarm.actions.spaces.branches import upload_to  # noqa: PLC0415 - when there is one

    for place in reversed(await node.spaces.line("memory", folder.entry_id)):
        named = place.fields.get("uploader")
        if named:
            path = f"{folder.path.removeprefix(place.path)}/{name}".strip("/")
            address = await upload_to(named, path, artifact.data, artifact.description)
            node.log.info("%s is kept as %s too", name, address)
            return


async def folder_at(node: Node[Any], path: str) -> Place:
    """Return the folder of memory at a path, and make what is missing of it; raise `ActionError` where it is none."""
    line = list(await node.spaces.line("memory"))
    for part in [part for part in path.strip("/").split("/") if part]:
        here = line[-1]
        below = f"{here.path}/{part}".lstrip("/")
        found = await node.spaces.line("memory", below)
        if not found:
            await node.spaces.save("memory", here.entry_id, part, "folder")
            found = await node.spaces.line("memory", below)
        line = list(found)
    if not line[-1].takes:
        raise ActionError("no_folder", f"{line[-1].path} is no folder that takes entries of this swarm: name another.")
    return line[-1]


async def _results(node: Node[Any]) -> Place:
    return await folder_at(node, RESULTS)


async def _folder(node: Node[Any], landed: Landed) -> Place:
    """Return the folder that a walk landed in; the one that is to be made there is made."""
    name = _folder_name(landed.new_name)
    if not name:
        return landed.place
    path = f"{landed.place.path}/{name}"
    if not await node.spaces.line("memory", path):
        await node.spaces.save(
            "memory", landed.place.entry_id, name, "folder", description=landed.new_description.strip()[:500] or None
        )
    made = (await node.spaces.line("memory", path))[-1]
    return made if made.takes else landed.place


def _folder_name(name: str) -> str:
    try:
        return safe_name(name)[:_MAX_FOLDER].strip(" .") if name.strip() else ""
    except ActionError:
        return ""


async def _holds(node: Node[Any], path: str, content: bytes) -> bool:
    """Whether what stands there is this very content: this node's own, of an attempt that was cut off, or a twin."""
    line = await node.spaces.line("memory", path)
    return bool(line) and not line[-1].holds and await node.memory.read_bytes(line[-1].entry_id) == content


def _numbered(name: str, number: int) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f"{stem} ({number}).{suffix}" if dot and stem else f"{name} ({number})"
