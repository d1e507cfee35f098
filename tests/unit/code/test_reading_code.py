"""What code defines, what is no code, where an edit fits, where something stands: all without running anything."""

import pytest

from pgswarm.actions.code.edit_file import Edit, apply_edits
from pgswarm.actions.code.outline import definitions
from pgswarm.actions.code.results import cut
from pgswarm.actions.code.search_code import find
from pgswarm.actions.code.talk import plain, problem_of

PYTHON = '''import os

class Tree(dict):
    """Grows."""

    @property
    def height(self) -> int:
        def inner(): return 1
        return inner()

async def plant(where: str,
                when: int) -> Tree:
    """Put a tree into the ground."""
'''


def test_python_is_read_by_its_structure() -> None:
    found = {d.name: (d.kind, d.first_line, d.last_line, d.about) for d in definitions("a.py", PYTHON)}
    assert found == {
        "Tree": ("class", 3, 9, "Grows."),
        "Tree.height": ("function", 7, 9, ""),
        "Tree.height.inner": ("function", 8, 8, ""),
        "plant": ("function", 11, 13, "Put a tree into the ground."),
    }


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("a.py", "def broken(:", ("broken", "function")),
        ("a.ts", "export default class Panel extends View {", ("Panel", "class")),
        ("a.js", "export async function* pages(url) {", ("pages", "function")),
        ("a.go", "func (s *Server) Serve(l Listener) error {", ("Serve", "function")),
        ("a.rs", "pub(crate) fn parse(text: &str) -> Ast {", ("parse", "function")),
        ("a.java", "public abstract class Node<T> {", ("Node", "class")),
        ("a.rb", "  def grow", ("grow", "function")),
    ],
)
def test_other_languages_are_read_by_lines(path: str, line: str, expected: tuple[str, str]) -> None:
    (found,) = definitions(path, f"// x\n{line}\n")
    assert ((found.name, found.kind), found.first_line) == (expected, 2)


def test_code_that_would_overflow_a_parser_is_read_all_the_same() -> None:
    assert definitions("a.py", f"def f(): pass\nx = {'(' * 100_000}") == definitions("a.txt", "def f(): pass\n")


def test_name_is_found_before_what_only_mentions_it() -> None:
    hits = sorted(find("a.py", PYTHON + "# plant a Tree\n", "tree", "any"), key=lambda hit: hit.rank)
    assert [(hit.rank, hit.line) for hit in hits] == [
        (0, 3),
        (2, 7),
        (2, 8),
        (3, 11),
        (4, 3),
        (4, 12),
        (4, 13),
        (4, 14),
    ]
    assert [hit.line for hit in find("a.py", PYTHON, "tree", "function") if hit.rank < 3] == [7, 8]
    assert [hit.line for hit in find("a.py", PYTHON, "GROWS", "text")] == [4]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("", "There is no code"),
        ("  \n", "There is no code"),
        ('"""A program that adds."""', "only text"),
        ("def f():\n    ...\n", "the body of f is `...`"),
        ('def f():\n    """Adds."""\n    ...\n', "the body of f is `...`"),
        ("x = 1\n# ... rest of the code\n", "Code was left out"),
        ("# TODO: implement the rest\nx = 1\n", "Code was left out"),
        ("def f():\n    # your code here\n    return None\n", "Code was left out"),
        ("Here is the program:\nprint(1)", "It is no Python: line 1"),
        ("x = '\0'", "It "),
        (f"x = {'(' * 5000}{')' * 5000}", "It "),
    ],
)
def test_code_that_is_left_out_is_seen(code: str, problem: str) -> None:
    assert problem in problem_of(code)


@pytest.mark.parametrize(
    "code",
    [
        "print('hello')\n",
        "class P(Protocol):\n    def f(self): ...\n",
        "class E(Exception):\n    pass\ndef nothing():\n    pass\n",
        "from abc import *\nclass A(ABC):\n    @abstractmethod\n    def f(self): ...\n",
        "x = [1, 2, ...]\n",
    ],
)
def test_whole_code_is_let_through(code: str) -> None:
    assert problem_of(code) == ""


@pytest.mark.parametrize("fence", ["```python\nx = 1\n```", "```\nx = 1\n```\n", "x = 1", "\n\nx = 1\n\n"])
def test_fence_around_code_is_taken_off(fence: str) -> None:
    assert plain(fence) == "x = 1\n"


@pytest.mark.parametrize(
    ("text", "old", "new", "result", "problem"),
    [
        ("a b a", "b", "c", "a c a", ""),
        ("a b a", "a", "c", "a b a", "stands 2 times"),
        ("a b a", "x", "c", "a b a", "stands nowhere"),
        ("a b a", "b", "b", "a b a", "change nothing"),
        ("", "", "x = 1\n", "x = 1\n", ""),
        ("a", "", "b", "a", "empty `old`"),
        ("x = 1\n", "1", "(", "x = 1\n", "It is no Python"),
        ("x = (\n", "(", "[", "x = [\n", ""),
    ],
)
def test_edit_fits_once_or_changes_nothing(text: str, old: str, new: str, result: str, problem: str) -> None:
    edited, told = apply_edits("a.py", text, [Edit(old=old, new=new)])
    assert edited == result
    assert problem in told
    assert bool(problem) == bool(told)


def test_long_output_keeps_its_beginning_and_its_end() -> None:
    shown = cut("begin" + "x" * 1000 + "end", 100)
    assert shown.startswith("begin")
    assert shown.endswith("end")
    assert "(908 characters are left out here)" in shown
