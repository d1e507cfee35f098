"""`code/search_code`: where a class, a function or a text stands in the swarm's code: its workspace and attached code.

Bounded: `MAX_FILES` files of at most `MAX_BYTES` each are looked at, and what is left out is said.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.code.outline import definitions
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Finish

MAX_FILES: Final = 2_000
MAX_BYTES: Final = 1_000_000
MAX_TEXT_HITS: Final = 5
"""Lines of one file that are shown for a text."""
_CODE: Final = frozenset(
    {"py", "pyi", "js", "jsx", "ts", "tsx", "mjs", "go", "rs", "java", "kt", "c", "h", "cc", "cpp", "hpp", "cs", "rb"}
    | {"php", "pl", "sh", "bash", "sql", "lua", "r", "swift", "scala", "html", "css"}
)
_QUOTED: Final = re.compile(r"[`\"'\u2018\u201c]([^`\"'\u2019\u201d\n]{1,100})[`\"'\u2019\u201d]")
_IDENTIFIER: Final = re.compile(r"\b(?:[A-Za-z_]\w*_\w+|[A-Z][a-z0-9]+[A-Z]\w*|\w+\(\))")


class SearchArgs(BaseModel):
    """What to look for, as which kind of thing, and below which folder of the workspace."""

    model_config = ConfigDict(extra="forbid")

    query: str | None = Field(default=None, max_length=200)
    kind: Literal["any", "class", "function", "text"] = "any"
    folder: str = ""
    max_results: int = Field(default=20, ge=1, le=200)


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in the code, and how well it fits (smaller is better)."""

    rank: int
    path: str
    line: int
    shown: str


@action(
    "code/search_code",
    description="Search the code of the workspace for a class, function or text and report where it stands.",
)
class SearchCode(Action[SearchArgs]):
    """Searches by structure, and by text."""

    async def main(self, node: Node[SearchArgs]) -> ActionOutcome:
        """Search, and report one line a place."""
        query = (node.args.query or _spoken(node.directive)).strip().removesuffix("()")
        if not query:
            raise ActionError("nothing_to_find", "Say what to look for: `query`, or the name in quotes.")
        hits: list[Hit] = []
        left_out = 0
        for number, (path, size, entry) in enumerate(await _sources(node)):
            if number >= MAX_FILES or size > MAX_BYTES:
                left_out += 1
                continue
            try:
                text = await (node.files.read_text(path) if entry is None else node.memory.read(entry))
            except ActionError:
                continue  # no text
            hits.extend(find(path, text, query, node.args.kind))
        hits.sort(key=lambda hit: (hit.rank, hit.path, hit.line))
        lines = [f"{hit.path}:{hit.line}: {hit.shown}" for hit in hits[: node.args.max_results]]
        if len(hits) > node.args.max_results:
            lines.append(f"… and {len(hits) - node.args.max_results} more places")
        if left_out:
            lines.append(f"({left_out} files were not looked at: too large, or too many)")
        return Finish("\n".join(lines) if hits else "\n".join([f"Nothing in the code fits {query!r}.", *lines]))


def find(path: str, text: str, query: str, kind: str) -> Iterator[Hit]:
    """Yield the places of one file that fit: definitions by name (rank 0 to 3), then lines that hold the text (4)."""
    wanted = query.lower()
    for found in definitions(path, text) if kind != "text" else ():
        if kind in {"class", "function"} and found.kind != kind:
            continue
        rank = _rank(found.name.lower(), found.about.lower(), wanted)
        if rank is not None:
            about = f"  # {found.about}" if found.about else ""
            yield Hit(
                rank,
                path,
                found.first_line,
                f"{found.kind} {found.name} (to line {found.last_line}) {found.head}{about}",
            )
    if kind in {"any", "text"}:
        numbered = ((number, line) for number, line in enumerate(text.splitlines(), 1) if wanted in line.lower())
        for shown, (number, line) in enumerate(numbered):
            if shown >= MAX_TEXT_HITS:
                break
            yield Hit(4, path, number, line.strip()[:200])


def _rank(name: str, about: str, wanted: str) -> int | None:
    last = name.rpartition(".")[2]
    if wanted in {name, last}:
        return 0
    if last.startswith(wanted):
        return 1
    if wanted in name:
        return 2
    return 3 if wanted in about else None


async def _sources(node: Node[SearchArgs]) -> list[tuple[str, int, str | None]]:
    """Path, size and (in memory) id of what may hold code; a path of the workspace hides one of that name in memory."""
    folder = node.args.folder.strip("/")
    found: list[tuple[str, int, str | None]] = [
        (info.path, info.size, None) for info in await node.files.list(folder) if not info.folder
    ]
    if not folder:
        known = {path.rpartition("/")[2] for path, _, _ in found}
        found += [
            (entry.path, entry.size, str(entry.entry_id))
            for entry in await node.memory.entries()
            if entry.name not in known and PurePosixPath(entry.name).suffix[1:].lower() in _CODE
        ]
    return sorted(found, key=lambda source: (PurePosixPath(source[0]).suffix[1:].lower() not in _CODE, source[0]))


def _spoken(directive: str) -> str:
    """What a directive names: what stands in quotes, else what looks like a name in code."""
    quoted = _QUOTED.search(directive)
    if quoted:
        return quoted[1]
    named = _IDENTIFIER.search(directive)
    return named[0] if named else ""
