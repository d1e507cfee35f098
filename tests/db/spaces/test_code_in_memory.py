"""What memory knows of code that was written: kind, fields, what runs take from them, and files that are saved."""

from collections.abc import Mapping, Sequence
from typing import Any

from db.spaces.conftest import OpenStage
from pgswarm.actions import Fail, Finish, Spawn
from pgswarm.actions.node import CodeRun, FileInfo
from pgswarm.actions.spaces.utils import Util
from support.database import Database
from support.spaces import entry, find, save
from support.stage import Stage

CODE = "from tabulate import tabulate\n\n\ndef table(rows):\n    return tabulate(rows)\n"
ABOUT = {
    "name": "tables",
    "kind": "function",
    "description": "Draws a table.",
    "parameters": [{"name": "rows", "description": "a list of lists"}],
    "dependencies": ["tabulate", "json", "not a package!"],
}
WORK: Mapping[str, Any] = {
    "analyse_code": {"questions": [], "plan": "a function"},
    "write_code": {"code": CODE},
    "describe_code": ABOUT,
    "plan_test": {"how": "as_is", "reason": "", "questions": [], "packages": ["pytest"]},
    "repair_code": {"code": "", "harness": "", "give_up": True, "reason": "It needs a screen."},
}


class Desk:
    """A workspace in memory, and a sandbox that notes what it is told."""

    def __init__(self, *results: CodeRun) -> None:
        self.kept: dict[str, bytes] = {}
        self.results = list(results)
        self.packages: list[list[str]] = []

    async def list(self) -> list[FileInfo]:
        return [
            FileInfo(path, folder=False, size=len(content), executable=False) for path, content in self.kept.items()
        ]

    async def read(self, path: str) -> bytes:
        return self.kept[path]

    async def read_text(self, path: str) -> str:
        return self.kept[path].decode()

    async def write(self, path: str, content: str | bytes) -> None:
        self.kept[path] = content.encode() if isinstance(content, str) else content

    async def utils(self) -> Sequence[Util]:
        return ()

    async def run(self, _command: Sequence[str], *, packages: Sequence[str], **more: Any) -> CodeRun:
        self.packages.append(sorted({*packages, *more.get("declared", ())}))
        return self.results.pop(0) if self.results else CodeRun(0, "", "", "exited")


def at(desk: Desk, stage: OpenStage, directive: str = "", says: Mapping[str, Any] = WORK) -> Stage:
    node: Any = stage(lambda task, _data: says[task], directive)
    node.files = node.sandbox = desk
    found: Stage = node
    return found


async def test_code_is_kept_as_what_it_is_and_its_packages_are_installed_for_it(db: Database, stage: OpenStage) -> None:
    desk = Desk()
    node = at(desk, stage, "Draw tables")
    done = await node.run("code/write_python")
    assert "not declared: not a package!" in done.report
    row = entry(db.conn, find(db.conn, node.swarm_id, "results/tables.py"))
    assert (row["kind"], row["description"]) == ("python_function", "Draws a table.")
    assert row["fields"] == {
        "language": "python",
        "module": "tables",
        "signature": "table(rows)",
        "parameters": [{"name": "rows", "description": "a list of lists"}],
        "dependencies": ["tabulate"],
    }
    await at(desk, stage).run("code/run_python", {"file": "tables.py"})
    await at(desk, stage).run("code/run_python", {"file": "tables.py", "packages": ["tabulate>=1"]})
    await at(desk, stage).run("code/test_python", {"file": "tables.py"})
    assert desk.packages == [["tabulate"], ["tabulate>=1"], ["pytest", "tabulate"]]


async def test_questions_of_a_coder_go_to_the_oracle(stage: OpenStage) -> None:
    asks = {"questions": ["Which border?"], "plan": ""}
    for action, task, args in (
        ("code/write_python", "analyse_code", {}),
        ("code/edit_file", "edit_file", {"file": "a.py"}),
        ("code/test_python", "plan_test", {"code": "x = 1"}),
    ):
        more = {"edits": [], "how": "user", "reason": "", "packages": []}
        node = at(Desk(), stage, "Draw tables", {task: {**asks, **more}})
        asked = await node.run(action, args)
        assert isinstance(asked, Spawn), asked
        assert [(child.action, child.directive) for child in asked.children] == [
            ("conversation/oracle", "Which border?")
        ]


async def test_who_wants_not_to_be_asked_is_not_handed_a_script(db: Database, stage: OpenStage) -> None:
    node = at(Desk(CodeRun(1, "", "no screen", "exited")), stage)
    save(db.conn, node.swarm_id, "user/profile.json", '{"involvement": "never"}', kind="json")
    ended = await node.run("code/test_python", {"code": "x = 1", "file": "screen.py"})
    assert isinstance(ended, Fail), ended
    assert ended.code == "test_failed"
    assert find(db.conn, node.swarm_id, "results/screen.py")


async def test_a_file_of_the_workspace_is_saved_as_it_stands_with_what_its_writer_said(
    db: Database, stage: OpenStage
) -> None:
    desk = Desk()
    await at(desk, stage, "Draw tables").run("code/write_python")
    desk.kept["dot.png"] = b"\x89PNG\x00\xff"
    reports = [{"directive": "Draw tables", "report": "tables.py (function): Draws a table."}]
    for directive, args in (
        ("Keep it", {"file": "tables.py", "folder": "projects/a"}),
        ("Keep it", {"name": "tables.py", "folder": "projects/b", "context": reports}),
        ("Save `tables.py` to memory.", {"folder": "projects/c", "context": reports}),
        ("Save the picture", {"file": "dot.png", "folder": "projects/d"}),
    ):
        done = await at(desk, stage, directive).run("memory/save", args)
        assert isinstance(done, Finish), done
    swarm_id = at(desk, stage).swarm_id
    for folder in ("a", "b", "c"):
        row = entry(db.conn, find(db.conn, swarm_id, f"projects/{folder}/tables.py"))
        assert (row["kind"], row["description"]) == ("python_function", "Draws a table.")
        assert row["fields"]["dependencies"] == ["tabulate"]
        assert row["size"] == len(CODE)
    assert entry(db.conn, find(db.conn, swarm_id, "projects/d/dot.png"))["kind"] == "image"
