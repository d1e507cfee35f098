"""What memory holds of a piece of Python: its kind and fields, and what a run of it takes from them.

Rule: what code declares to need is installed for it where nothing else was said; what is no package of an index is not
declared, and is named.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pgswarm.actions.files.inventory import RESULTS
from pgswarm.actions.node import Node
from pgswarm.actions.sandbox.packages import MAX_PACKAGES, requirements
from pgswarm.actions.sandbox.types import SandboxError
from pgswarm.actions.spaces.places import Place
from pgswarm.actions.spaces.utils import Util, needs, signature_of, told

KINDS: Final[Mapping[str, str]] = {
    "script": "python",
    "module": "python_module",
    "class": "python_class",
    "function": "python_function",
}
"""What code can be → the kind of its entry."""


async def entry_of(node: Node[Any], file: str) -> Place | None:
    """Return the entry of memory that holds a file of Python, one among the results first; None where there is none."""
    name = file.rpartition("/")[2]
    entries = [e for e in await node.memory.entries() if e.name == name and e.kind in KINDS.values()]
    if not entries:
        return None
    found = next((e for e in entries if e.path.strip("/") == f"{RESULTS}/{name}"), entries[-1])
    line = await node.spaces.line("memory", found.entry_id)
    return line[-1] if line else None


async def packages_of(
    node: Node[Any], given: Sequence[str], file: str | None, code: str, utils: Sequence[Util]
) -> list[str]:
    """Return what is installed for a run: what is given, else what the file's entry declares; and what its utils do."""
    wanted = set(given)
    if not given and file:
        entry = await entry_of(node, file)
        wanted |= set(_texts(entry.fields.get("dependencies")) if entry else ())
    return sorted(wanted | set(needs(code, utils)))


async def offered_utils(node: Node[Any], purpose: str) -> dict[str, Any]:
    """Return what a coder is told of the functions that may be imported; nothing where there is none."""
    shown = told(await node.sandbox.utils(), purpose)
    return {"utils": shown} if shown else {}


def installable(dependencies: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return what pip can install by its name, and what it cannot; Python's own modules are neither."""
    good: list[str] = []
    bad: list[str] = []
    for each in dict.fromkeys(text.strip() for text in dependencies):
        if each and each not in sys.stdlib_module_names:
            try:
                good += [found for found in requirements([each]) if found not in good]
            except SandboxError:
                bad.append(each[:100])
    return good[:MAX_PACKAGES], [*bad, *good[MAX_PACKAGES:]]


def fields_of(
    name: str, code: str, parameters: Sequence[Mapping[str, str]], dependencies: Sequence[str]
) -> dict[str, Any]:
    """Return the fields of an entry that holds this code."""
    found: dict[str, Any] = {
        "language": "python",
        "module": name.removesuffix(".py"),
        "signature": signature_of(code),
        "parameters": [dict(each) for each in parameters],
        "dependencies": list(dependencies),
    }
    return {key: value for key, value in found.items() if value != "" or key == "module"}


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
