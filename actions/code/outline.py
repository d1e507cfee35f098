"""What a file of code defines: classes and functions with their lines. Pure.

Python is parsed (`ast`); what does not parse, and other languages, are read line by line for the words that begin a
definition. Nothing of the code is run.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

MAX_PARSED: Final = 1_000_000
"""Characters of a file that is parsed; a longer one is read by lines."""

_CLASS: Final = re.compile(
    r"^\s*(?:(?:export|public|private|protected|abstract|final|static|pub(?:\(\w+\))?|default|data|sealed)\s+)*"
    r"(?:class|interface|struct|enum|trait|type|record|object|module)\s+(?P<name>[A-Za-z_]\w*)"
)
_FUNCTION: Final = re.compile(
    r"^\s*(?:(?:export|public|private|protected|static|async|pub(?:\(\w+\))?|default|final|override|inline)\s+)*"
    r"(?:function|func|fn|def|sub|fun|proc)\s*\*?\s+(?:\([^)]*\)\s*)?(?P<name>[A-Za-z_$][\w$]*)"
)


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function: full name (`Class.method`), head as written, lines, first line of its docstring."""

    name: str
    kind: Literal["class", "function"]
    head: str
    first_line: int
    last_line: int
    about: str = ""


def definitions(path: str, text: str) -> list[Definition]:
    """Return what a file defines, in the order of its lines."""
    if path.endswith((".py", ".pyi")) and len(text) <= MAX_PARSED:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return _by_lines(text)
        return sorted(_of_tree(tree, text.splitlines(), ""), key=lambda found: found.first_line)
    return _by_lines(text)


def _of_tree(tree: ast.AST, lines: list[str], above: str) -> Iterator[Definition]:
    waiting: list[tuple[ast.AST, str]] = [(tree, above)]
    while waiting:
        node, outer = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{outer}.{child.name}" if outer else child.name
                about = (ast.get_docstring(child) or "").strip().partition("\n")[0]
                kind: Literal["class", "function"] = "class" if isinstance(child, ast.ClassDef) else "function"
                head = " ".join(
                    line.strip() for line in lines[child.lineno - 1 : max(child.lineno, child.body[0].lineno - 1)]
                )
                yield Definition(name, kind, head[:300], child.lineno, child.end_lineno or child.lineno, about)
                waiting.append((child, name))
            else:
                waiting.append((child, outer))


def _by_lines(text: str) -> list[Definition]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for kind, pattern in (("class", _CLASS), ("function", _FUNCTION)):
            match = pattern.match(line[:500])
            if match:
                known: Literal["class", "function"] = "class" if kind == "class" else "function"
                found.append(Definition(match["name"], known, line.strip()[:300], number, number))
                break
    return found
