"""`code/write_python`: an analyst asks or passes, a coder writes, a second call says what it is; kept in memory.

Rule: code that is left out, or is no Python, goes back to the coder with the reason; after `MAX_ROUNDS` it is a clear
failure. What is saved can be found by what it does: its name, kind, description, parameters and packages are with it.
"""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.code.kept import KINDS, fields_of, installable, offered_utils
from pgswarm.actions.code.results import code_of
from pgswarm.actions.code.talk import plain, problem_of
from pgswarm.actions.files.inventory import RESULTS, inventory, safe_name
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Continue, Fail, Finish
from pgswarm.actions.swarm.ask_first import answers_of, ask_oracles, keep_answers
from pgswarm.actions.swarm.notes import Note, bounded

MAX_QUESTIONS: Final = 5
MAX_ROUNDS: Final = 3


class WritePythonArgs(BaseModel):
    """The name to save it under, a file that it is to be a new version of, and results of earlier work."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=120)
    file: str | None = None
    context: list[Note] = Field(default_factory=list)


class Analysis(BaseModel):
    """What must be asked first, or what is to be written."""

    questions: list[str]
    plan: str


class Code(BaseModel):
    """The whole program."""

    code: str


class Parameter(BaseModel):
    """One thing that the code takes."""

    name: str
    description: str


class About(BaseModel):
    """What the code is."""

    name: str
    kind: Literal["script", "module", "class", "function"]
    description: str
    parameters: list[Parameter]
    dependencies: list[str]


@action(
    "code/write_python",
    description="Write Python code: program a script, module, class or function, and keep it in memory and workspace.",
)
class WritePython(Action[WritePythonArgs]):
    """Writes code."""

    async def main(self, node: Node[WritePythonArgs]) -> ActionOutcome:
        """Analyse: ask what must be known, or plan."""
        if "existing" not in node.state and node.args.file:
            node.state["existing"] = await code_of(node, node.args.file)
        found = await node.llm(Analysis, Prompt(task="analyse_code", data=await _data(node), role="planner"))
        asked = ask_oracles(node, found.questions[:MAX_QUESTIONS], then=self.answered)
        if asked:
            return asked
        node.state["plan"] = found.plan
        return Continue(then=self.write)

    async def answered(self, node: Node[WritePythonArgs]) -> ActionOutcome:
        """Keep the answers, and analyse with them."""
        keep_answers(node)
        return await self.main(node)

    async def write(self, node: Node[WritePythonArgs]) -> ActionOutcome:
        """Write; what is no code goes back, a bounded number of times."""
        data = {**await _data(node), "plan": node.state.get("plan", ""), "problem": ""}
        problem = ""
        for _ in range(MAX_ROUNDS):
            made = await node.llm(Code, Prompt(task="write_code", data=data, role="coder"))
            code = plain(made.code)
            problem = problem_of(code)
            if not problem:
                node.state["code"] = code
                return Continue(then=self.keep)
            data = {**data, "problem": problem}
        return Fail("no_code", f"The coder gave no whole program in {MAX_ROUNDS} tries. {problem}")

    async def keep(self, node: Node[WritePythonArgs]) -> ActionOutcome:
        """Say what it is, and save it: in memory with its description, in the workspace to be run."""
        code = node.state["code"]
        about = await node.llm(
            About,
            Prompt(task="describe_code", data={"directive": node.directive, "code": code}, role="coder"),
        )
        name = _file_name(node, about)
        await node.files.write(name, code)
        good, bad = installable(about.dependencies)
        parameters = [each.model_dump() for each in about.parameters]
        await node.memory.save(
            name,
            code,
            kind=KINDS[about.kind],
            description=about.description.strip()[:1000],
            folder=RESULTS,
            fields=fields_of(name, code, parameters, good),
        )
        return Finish(_report(name, about.model_copy(update={"dependencies": good}), code, bad))


def _file_name(node: Node[WritePythonArgs], about: About) -> str:
    for wanted in (node.args.name, node.args.file, about.name, "code"):
        if wanted and wanted.strip(" ./"):
            try:
                name = safe_name(wanted)
            except ActionError:
                continue
            return name if name.endswith(".py") else f"{name}.py"
    return "code.py"


def _report(name: str, about: About, code: str, bad: list[str]) -> str:
    lines = [f"{name} ({about.kind}): {about.description.strip()}"]
    lines += [f"- takes {each.name}: {each.description}" for each in about.parameters]
    if about.dependencies:
        lines.append(f"- needs {', '.join(about.dependencies)}")
    if bad:
        lines.append(f"- named as needed, but no package of an index, and not declared: {', '.join(bad)}")
    lines.append(f"Kept as {RESULTS}/{name} in memory and as {name} in the workspace.")
    return "\n".join(lines) + f"\n\n```python\n{code}```"


async def _data(node: Node[WritePythonArgs]) -> dict[str, Any]:
    return {
        "directive": node.directive,
        "context": bounded(node.args.context),
        "answers": answers_of(node),
        "files": await inventory(node),
        "existing": node.state.get("existing", ""),
        "messages": [message.content for message in node.messages],
        **await offered_utils(node, node.directive),
    }
