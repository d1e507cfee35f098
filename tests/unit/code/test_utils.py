"""The util space as code sees it: names, bounds, what is shown; and who may put a question to a person."""

import ast
from pathlib import Path
from uuid import UUID

import pgswarm.actions
from pgswarm.actions.spaces.utils import MAX_SHOWN, Util, files_of, importable, needs, told

ACTIONS = Path(pgswarm.actions.__path__[0])
MUST = {
    "conversation/ask_user.py": "it is how a person is asked",
    "conversation/introductory_interview.py": "it is where a person says how often they are asked",
    "conversation/oracle.py": "it asks where memory and the web know nothing, and as often as the profile says",
    "created/create.py": "an approval: nobody but a person gives it",
    "created/run.py": "what an action asks was approved with it, and may have a schema that only a person fills",
    "outside/a2a/action.py": "another agent asks the person, to permit something or to log in",
    "outside/mcp/action.py": "a tool's server asks the person, by a schema of its own",
    "bench/ask.py": "it measures questions",
}
IF_ALLOWED = {
    "code/test_python.py": "it hands over a script: the choice is whether that works",
    "data/describe_table.py": "a choice among files or columns",
    "swarm/handle_failure.py": "what is to be done about a failure is the user's to say",
}


def util(path: str, code: str = "def f(a, *, b=1) -> int:\n    return a\n", **more: object) -> Util:
    about: object = more.pop("description", "")
    return Util(UUID(int=len(path)), path, "swarm", 3, str(about), code.encode(), more)


def test_no_action_asks_a_person_past_the_oracle_but_those_that_must() -> None:
    asking, allowed = set(), set()
    for file in ACTIONS.rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
        called = {part.id if isinstance(part, ast.Name) else getattr(part, "attr", "") for part in calls}
        where = file.relative_to(ACTIONS).as_posix()
        asking |= {where} if "Ask" in called else set()
        allowed |= {where} if "may_ask" in called else set()
    assert asking == MUST.keys() | IF_ALLOWED.keys()
    assert allowed >= IF_ALLOWED.keys()


def test_a_path_is_a_module_and_none_of_pythons_own_nor_one_that_is_taken() -> None:
    given = [
        util("adder.py"),
        util("adder"),
        util("text/slug"),
        util("json"),
        util("two words"),
        util("text"),
        util("if"),
        util("sitecustomize"),
        util("text/__init__"),
    ]
    modules = importable(given)
    assert list(files_of(modules)) == ["adder.py", "text/slug.py"]
    assert modules["adder"].path == "adder.py"


def test_of_many_functions_those_are_shown_that_fit_the_purpose() -> None:
    many = [util(f"u{number}") for number in range(MAX_SHOWN + 20)]
    shown = told([*many, util("slug", description="Makes a slug of a title")], "Write the slug of each title")
    assert (len(shown), shown[0]["import"], shown[0]["signature"]) == (MAX_SHOWN, "slug", "f(a, *, b=1) -> int")


def test_packages_of_functions_are_needed_by_who_imports_them_also_through_others() -> None:
    given = [
        util("a", "import b.c\n", dependencies=["one"]),
        util("b/c", "import a\n", dependencies=["two>=2"]),
        util("d", "", dependencies=["three"]),
    ]
    assert needs("from a import f", given) == ["one", "two>=2"]
    assert needs("import os", given) == needs("not python(", given) == []
