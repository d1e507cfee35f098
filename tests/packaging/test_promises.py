"""`docs/promises.md` names the test of each promise: all of them exist, and would be run."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "promises.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
ROW = re.compile(r"^\|(?!-).*\|$", re.MULTILINE)


def _tests_of(path: Path) -> set[str]:
    """Return the names of the tests that a file has, those left out in every case not among them."""
    found = [
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {node.name for node in found if node.name.startswith("test_") and not _left_out(node)}


def _left_out(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a mark says that it is never run, or need not hold."""
    return any(re.match(r"pytest\.mark\.(skip|xfail)\b", ast.unparse(mark)) for mark in node.decorator_list)


def flaws(page: str) -> list[str]:
    """Return what is wrong with a page: tests that there are not, rows without one."""
    wrong = []
    for path, name in NAMED.findall(page):
        if not (ROOT / path).exists() or (name and name not in _tests_of(ROOT / path)):
            wrong.append(f"{path}::{name}")
    rows = [row for row in ROW.findall(page) if not re.search(r"\| test \|$", row)]
    return wrong + [row for row in rows if not NAMED.search(row)]


def test_every_promise_names_tests_that_exist() -> None:
    page = PAGE.read_text()
    assert len(NAMED.findall(page)) > 50
    assert flaws(page) == []


@pytest.mark.parametrize(
    "row",
    [
        "| a promise | `tests/packaging/test_promises.py::test_there_is_none` |",
        "| a promise | `tests/no_such_file.py::test_it` |",
        "| a promise | |",
    ],
)
def test_promise_without_its_test_is_found(row: str) -> None:
    assert flaws(row) != []
