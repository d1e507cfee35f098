"""The util space as code sees it: which functions a run can import, by which names, and what a coder is told. Pure.

Rule: an entry's path is its module (`text/slug` is `text.slug`), and never takes the place of one of Python's own; what
has no such name, or has one that is taken by a nearer entry, is left out. A run sees the versions that were in force
when it began, and its record names them.
"""

import ast
import keyword
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

MAX_UTILS: Final = 200
MAX_UTIL_BYTES: Final = 1_000_000
"""Of all functions that lie beside a run."""
MAX_SHOWN: Final = 40
_MAX_TEXT: Final = 240
_WORD: Final = re.compile(r"[^\W_]{3,}")
_RESERVED: Final = frozenset({"pgswarm_action", "action", "sitecustomize", "usercustomize"})
"""The runner's own, and what Python imports by itself at its start."""


@dataclass(frozen=True, slots=True)
class Util:
    """One version of a function: where it stands, whose it is, and its code."""

    entry_id: UUID
    path: str
    layer: str
    version: int
    description: str
    content: bytes
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """What `import` is given for it; "" where no name of Python's is its path."""
        parts = self.path.strip("/").removesuffix(".py").split("/")
        named = all(
            part.isidentifier() and part.isascii() and not part.startswith("__") and not keyword.iskeyword(part)
            for part in parts
        )
        return ".".join(parts) if named and parts[0] not in sys.stdlib_module_names | _RESERVED else ""

    @property
    def called(self) -> str:
        """Which version of which entry it is, for records."""
        return f"{self.entry_id} version {self.version}"

    @property
    def code(self) -> str:
        """Its content as text."""
        return self.content.decode(errors="replace")

    @property
    def dependencies(self) -> list[str]:
        """The packages that it declares."""
        return [each for each in self.fields.get("dependencies") or () if isinstance(each, str)]

    @property
    def signature(self) -> str:
        """How it is called: the entry's own word, else the heads of the public functions and classes of its code."""
        given = self.fields.get("signature")
        return given[:_MAX_TEXT] if isinstance(given, str) and given else signature_of(self.code)


def importable(utils: Iterable[Util]) -> dict[str, Util]:
    """Return the functions by their modules; of two with one name the first, and no module below another."""
    found: dict[str, Util] = {}
    folders: set[str] = set()
    for util in utils:
        module = util.module
        above = [module[:place] for place, char in enumerate(module) if char == "."]
        if module and module not in folders and not found.keys() & {module, *above}:
            found[module] = util
            folders.update(above)
    return found


def files_of(modules: Mapping[str, Util]) -> dict[str, bytes]:
    """Return what lies beside a run, on its import path."""
    return {f"{module.replace('.', '/')}.py": util.content for module, util in modules.items()}


def versions_of(modules: Mapping[str, Util]) -> dict[str, str]:
    """Return what is recorded of a run: each module with its entry and version."""
    return {module: util.called for module, util in modules.items()}


def told(utils: Sequence[Util], purpose: str) -> list[dict[str, str]]:
    """Return what a coder is shown: at most `MAX_SHOWN`, of more those that share most words with the purpose."""
    modules = importable(utils)
    wanted = set(_WORD.findall(purpose.casefold()))

    def shared(module: str) -> int:
        text = f"{module.replace('.', ' ').replace('_', ' ')} {modules[module].description}"
        return -len(wanted & set(_WORD.findall(text.casefold())))

    shown = list(modules) if len(modules) <= MAX_SHOWN else sorted(modules, key=shared)[:MAX_SHOWN]
    return [
        {
            "import": module,
            "signature": modules[module].signature,
            "description": modules[module].description[:_MAX_TEXT],
        }
        for module in shown
    ]


def used_by(code: str, utils: Sequence[Util]) -> dict[str, Util]:
    """Return the functions that Python imports, and those that these import in turn, by their modules."""
    modules = importable(utils)
    waiting, used = imports(code), dict[str, Util]()
    while waiting:
        name = waiting.pop()
        for module, util in modules.items():
            if module not in used and f"{name}.".startswith(f"{module}."):
                used[module] = util
                waiting |= imports(util.code)
    return dict(sorted(used.items()))


def needs(code: str, utils: Sequence[Util]) -> list[str]:
    """Return the packages that the functions which Python imports declare."""
    return sorted({each for util in used_by(code, utils).values() for each in util.dependencies})


def imports(code: str) -> set[str]:
    """Return what Python imports, with all dots; nothing where it cannot be parsed."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def signature_of(code: str) -> str:
    """Return the heads of the public functions and classes that Python defines, as far as there is room for them."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    heads = []
    for part in tree.body:
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and not part.name.startswith("_"):
            returns = f" -> {ast.unparse(part.returns)}" if part.returns else ""
            heads.append(f"{part.name}({ast.unparse(part.args)}){returns}")
        elif isinstance(part, ast.ClassDef) and not part.name.startswith("_"):
            heads.append(f"class {part.name}")
    return "; ".join(heads)[:_MAX_TEXT]
