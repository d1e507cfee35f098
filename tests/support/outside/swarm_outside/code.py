"""Actions that call the product's actions on files and code, one after the other, in one workspace."""

import json
from textwrap import indent
from typing import Any

from pydantic import BaseModel

from pgswarm.actions import Action, Child, Fail, Finish, Node, Spawn, action

STEPS: list[tuple[str, str, dict[str, Any]]] = [
    ("", "files/save", {"path": "a/c.txt", "content": "two"}),
    ("", "files/save", {"path": "lib.py", "content": "class Tree:\n    def grow(self): return 1\n"}),
    ("", "files/make_folder", {"path": "b"}),
    ("", "files/make_folder", {"path": "e"}),
    ("", "files/move", {"path": "a/c.txt", "target": "b"}),
    ("", "files/rename", {"path": "b/c.txt", "name": "d.txt"}),
    ("", "files/delete", {"path": "a"}),
    ("list", "files/list", {}),
    ("read", "files/read", {"file": "b/d.txt"}),
    ("grow", "code/search_code", {"query": "grow"}),
    ("out", "files/save", {"path": "../out", "content": "x"}),
    ("gone", "files/delete", {"path": "a"}),
]


@action("outside/files", description="Use every action on files", routable=False)
class UseFiles(Action[Any]):
    async def main(self, node: Node[Any]) -> Spawn | Finish:
        number = node.state.get("number", 0)
        told = node.state.setdefault("told", {})
        if number:
            report = node.reports[0]
            told[STEPS[number - 1][0]] = report.error["code"] if report.error else report.report
        if number == len(STEPS):
            return Finish(json.dumps(told))
        node.state["number"] = number + 1
        _, name, args = STEPS[number]
        return Spawn([Child(name, "a step", args)], then=self.main)


class EditArgs(BaseModel):
    text: str
    edits: list[dict[str, str]] = []


@action("outside/edit", description="Write a file and have it edited", routable=False)
class Edit(Action[EditArgs]):
    async def main(self, node: Node[EditArgs]) -> Spawn:
        await node.files.write("add.py", node.args.text)
        args = {"file": "add.py", "edits": node.args.edits}
        return Spawn([Child("code/edit_file", node.directive, args)], then=self.end)

    async def end(self, node: Node[EditArgs]) -> Finish | Fail:
        report = node.reports[0]
        if report.error:
            return Fail(report.error["code"], report.error["message"])
        return Finish(report.report)


class BuildArgs(BaseModel):
    name: str


@action("outside/build", description="Have a program written, tested and run", routable=False)
class Build(Action[BuildArgs]):
    async def main(self, node: Node[BuildArgs]) -> Spawn:
        return Spawn([Child("code/write_python", f"Write {node.directive}", {"name": node.args.name})], then=self.test)

    async def test(self, node: Node[BuildArgs]) -> Spawn | Fail:
        return self._next(node, "code/test_python", "run")

    async def run(self, node: Node[BuildArgs]) -> Spawn | Fail:
        return self._next(node, "code/run_python", "end")

    async def end(self, node: Node[BuildArgs]) -> Finish | Fail:
        report = node.reports[0]
        return Fail(report.error["code"], report.error["message"]) if report.error else Finish(report.report)

    def _next(self, node: Node[BuildArgs], name: str, then: str) -> Spawn | Fail:
        report = node.reports[0]
        if report.error:
            return Fail(report.error["code"], report.error["message"])
        return Spawn([Child(name, f"Try {node.directive}", {"file": node.args.name})], then=then)


class CodeArgs(BaseModel):
    body: str


@action("outside/body", description="Run the body of a handler that a page shows", routable=False)
class Body(Action[CodeArgs]):
    async def main(self, node: Node[CodeArgs]) -> Any:
        names: dict[str, Any] = {"Fail": Fail, "Finish": Finish}
        exec(f"async def shown(node):\n{indent(node.args.body, '    ')}", names)  # noqa: S102 - the page's own code
        return await names["shown"](node)
