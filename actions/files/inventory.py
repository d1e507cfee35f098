"""What the swarm's files are, as planners and actions see them. What nodes saved themselves is left out of it.

Bounded: at most `MAX_LISTED` files, and a head only for the first `MAX_HEADS`.
"""

import re
from collections.abc import Sequence
from typing import Any

from pgswarm.actions.base import ActionError
from pgswarm.actions.node import EntryInfo, Node

RESULTS = "results"
"""The memory folder for what nodes made; it is not among the files that a goal is about."""

OWN_FOLDERS = frozenset({"swarm", "user"})
"""Memory folders for what the swarm knows of itself and of its user: no files that a goal is about either."""

REFERENCES = "references"
"""The memory folder for sources, whoever found them."""

MAX_LISTED = 200
MAX_HEADS = 20
_MAX_HEAD_BYTES = 2_000_000
_MAX_HEAD_CHARS = 300
_TABLE_KINDS = frozenset({"csv", "tsv", "table"})
_TABLE_SUFFIXES = (".csv", ".tsv", ".tab")


def is_table(entry: EntryInfo) -> bool:
    """Whether the entry holds rows and columns."""
    return entry.kind in _TABLE_KINDS or entry.name.lower().endswith(_TABLE_SUFFIXES)


def is_result(entry: EntryInfo) -> bool:
    """Whether a node made the entry, or it is about the swarm itself or its user; a source that it found is none."""
    return (entry.made and not entry.path.strip("/").startswith(f"{REFERENCES}/")) or not is_source(entry)


def is_source(entry: EntryInfo) -> bool:
    """Whether an entry is something to look things up in: all but what is kept among the results, or is about us."""
    folders = entry.path.strip("/").split("/")[:-1]
    return RESULTS not in folders and not (folders and folders[0] in OWN_FOLDERS)


async def sources(node: Node[Any]) -> list[EntryInfo]:
    """Return the entries to look things up in, whoever saved them, each path once."""
    entries = [entry for entry in await node.memory.entries() if is_source(entry) and entry.kind != "folder"]
    return list({entry.path: entry for entry in entries}.values())


async def attached(node: Node[Any]) -> list[EntryInfo]:
    """Return the entries that people attached, each name once (its newest version)."""
    entries = [e for e in await node.memory.entries() if not (e.shared or is_result(e) or e.kind == "folder")]
    return list({entry.name: entry for entry in entries}.values())


async def inventory(node: Node[Any]) -> list[dict[str, Any]]:
    """Return the files for a prompt: name, kind, size in bytes, description, and the first line of each.

    Where they are more than `MAX_LISTED`, those in no folder: what else a large memory holds is searched, not listed.
    """
    entries = await attached(node)
    if len(entries) > MAX_LISTED:
        entries = [entry for entry in entries if "/" not in entry.path.strip("/")][:MAX_LISTED]
    return [
        {
            "name": entry.name,
            "kind": "csv" if is_table(entry) else entry.kind,
            "size": entry.size,
            "description": entry.description[:_MAX_HEAD_CHARS],
            "head": await _head(node, entry) if number < MAX_HEADS else "",
        }
        for number, entry in enumerate(entries)
    ]


async def resolve(node: Node[Any], name: str) -> EntryInfo:
    """Return the entry that `name` means: its name, whatever the case, without its suffix, or the one that holds it.

    What is built in is meant only where nothing else is.
    """
    entries = await node.memory.entries()
    found = _meant([e for e in entries if e.layer != "built_in"], name) or _meant(entries, name)
    if found is None:
        raise ActionError("not_found", f"No file is called {name!r}. {describe(entries)}")
    return found


def _meant(entries: Sequence[EntryInfo], name: str) -> EntryInfo | None:
    wanted = name.strip().strip("\"'").rsplit("/", 1)[-1].lower()
    for fits in (
        [e for e in entries if e.name.lower() == wanted],
        [e for e in entries if e.name.lower().rsplit(".", 1)[0] == wanted.rsplit(".", 1)[0] and "." not in wanted],
        [e for e in entries if wanted and wanted in e.name.lower()],
    ):
        if len({e.name for e in fits}) == 1:
            return fits[-1]
    return None


def describe(entries: Sequence[EntryInfo]) -> str:
    """Say which files there are, for an error message."""
    names = sorted({entry.name for entry in entries if not is_result(entry) and entry.layer != "built_in"})
    if not names:
        return "No file is attached: give one with --file."
    more = f" and {len(names) - MAX_HEADS} more" if len(names) > MAX_HEADS else ""
    return f"Attached: {', '.join(names[:MAX_HEADS])}{more}."


def safe_name(name: str) -> str:
    """Return `name` without folders and characters that no file name has; raise `ActionError` where nothing is left."""
    plain = re.sub(r"[^\w .()-]", "_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    if not plain:
        raise ActionError("bad_name", f"{name!r} is no name for a file: use letters, digits, spaces, dots and hyphens.")
    return plain


async def _head(node: Node[Any], entry: EntryInfo) -> str:
    """The first line with words in it; "" where the entry is no text, or too long to look at."""
    if entry.size > _MAX_HEAD_BYTES:
        return ""
    try:
        text = await node.memory.read(entry.entry_id)
    except ActionError:
        return ""  # binary: the action that needs it will say so
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line.lstrip("\ufeff")[:_MAX_HEAD_CHARS]
