"""What every action that lets a model write code shares: whether what came back is code at all. Pure.

Rule: code that was left out (a placeholder, an ellipsis, a comment in its place) is no code, whatever the model says.
"""

import ast
import re
from typing import Final

_FENCE: Final = re.compile(r"\A\s*```[\w+-]*[ \t]*\n(?P<code>.*?)\n?```\s*\Z", re.DOTALL)
_LEFT_OUT: Final = re.compile(
    r"^\s*#\s*(?:\.\.\.|…|(?:the )?(?:rest|remaining|remainder|existing|same|previous|other) (?:of )?(?:the )?\w*\s*"
    r"(?:code|implementation|functions?|methods?|as before|unchanged|goes here|here)|"
    r"(?:your|add|insert|put|write) (?:\w+ ){0,3}(?:code|implementation|logic) (?:goes )?here|"
    r"code omitted|omitted for brevity|todo:? implement)",
    re.IGNORECASE | re.MULTILINE,
)
MAX_CODE: Final = 400_000


def plain(code: str) -> str:
    """Return code without the fence that models put around it, ended by one line break."""
    match = _FENCE.match(code)
    return (match["code"] if match else code).strip("\n") + "\n"


def problem_of(code: str) -> str:
    """Return what is wrong with Python as it stands, in a sentence for its writer; "" where nothing is."""
    if not code.strip():
        return "There is no code: `code` must hold the whole program, not a description of it."
    if len(code) > MAX_CODE:
        return f"The code is too long: {MAX_CODE:,} characters at most."
    left_out = _LEFT_OUT.search(code)
    if left_out:
        return f"Code was left out ({left_out[0].strip()!r}): write it out whole, with nothing left to fill in."
    try:
        return _problem_of_tree(ast.parse(code))
    except SyntaxError as error:
        return f"It is no Python: line {error.lineno}: {error.msg}."
    except (ValueError, RecursionError, MemoryError) as error:
        return f"It cannot be parsed: {error}."


def _problem_of_tree(tree: ast.Module) -> str:
    empty = _empty_bodies(tree)
    if empty:
        return f"Code was left out: the body of {', '.join(empty[:5])} is `...`. Write it out whole."
    if all(isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) for part in tree.body):
        return "There is no code in it, only text: write the whole program."
    return ""


def _empty_bodies(tree: ast.Module) -> list[str]:
    """Functions whose body is `...`: left out, but where it is a declaration (protocol, abstract, overloaded)."""
    declared = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
        for part in node.body
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node in declared:
            continue
        marks = " ".join(ast.unparse(each) for each in node.decorator_list)
        constants = [
            part.value.value
            for part in node.body
            if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
        ]
        if ... in constants and len(constants) == len(node.body) and not re.search("abstractmethod|overload", marks):
            found.append(node.name)
    return found
