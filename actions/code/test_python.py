"""`code/test_python`: plans a test, makes a harness, runs it in the sandbox, repairs, and else hands it to the user.

Rule: what is reported as passed has been run and came to exit code 0. Bounded: `MAX_REPAIRS` repairs, one activation
each, then the prepared script goes to the user, whose answer ends it.
"""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.code.kept import KINDS, entry_of, offered_utils, packages_of
from pgswarm.actions.code.results import code_of, cut, keep_results, report_of
from pgswarm.actions.code.talk import plain, problem_of
from pgswarm.actions.conversation.profile import may_ask
from pgswarm.actions.files.inventory import RESULTS, attached, inventory, safe_name
from pgswarm.actions.node import CodeRun, Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Ask, Continue, Fail, Finish, Question
from pgswarm.actions.swarm.ask_first import answers_of, ask_oracles, keep_answers
from pgswarm.actions.swarm.notes import Note, as_text, bounded

MAX_REPAIRS: Final = 3
MAX_ROUNDS: Final = 3
MAX_INPUTS: Final = 20
MAX_INPUT_BYTES: Final = 20_000_000
MAX_SHOWN: Final = 8_000
WORKED, FAILED = "It works", "It does not work"


class TestPythonArgs(BaseModel):
    """The file that holds the code (else the code itself), the packages that it needs, results of earlier work."""

    __test__ = False
    model_config = ConfigDict(extra="forbid")

    file: str | None = None
    code: str | None = Field(default=None, max_length=400_000)
    packages: list[str] = Field(default_factory=list, max_length=40)
    context: list[Note] = Field(default_factory=list)


class Plan(BaseModel):
    """How it is to be tested."""

    how: Literal["as_is", "made_up", "user", "no"]
    reason: str
    questions: list[str]
    packages: list[str]


class Input(BaseModel):
    """A text file that the harness needs."""

    name: str
    content: str


class Harness(BaseModel):
    """The test as a program."""

    code: str
    inputs: list[Input]


class Repair(BaseModel):
    """The code or the harness, mended; or why neither can be."""

    code: str
    harness: str
    give_up: bool
    reason: str


@action(
    "code/test_python",
    description="Test Python code: try a script or module in the sandbox, mend what fails, report whether it works.",
)
class TestPython(Action[TestPythonArgs]):
    """Tests code."""

    __test__ = False

    async def main(self, node: Node[TestPythonArgs]) -> ActionOutcome:
        """Plan the test; ask for what only the user can give."""
        if "code" not in node.state:
            node.state.update(await _subject(node))
        plan = await node.llm(Plan, Prompt(task="plan_test", data=await _data(node), role="planner"))
        if plan.how == "user" and (asked := ask_oracles(node, plan.questions, then=self.answered)):
            return asked
        if plan.how == "no":
            return Fail("not_testable", f"{node.state['file']} cannot be tested here: {plan.reason}")
        node.state["plan"] = {"how": plan.how, "reason": plan.reason}
        utils = await node.sandbox.utils()
        declared = await packages_of(node, node.args.packages, node.state["file"], node.state["code"], utils)
        node.state["packages"] = sorted({*declared, *plan.packages})
        return Continue(then=self.run if plan.how == "as_is" else self.prepare)

    async def answered(self, node: Node[TestPythonArgs]) -> ActionOutcome:
        """Keep the answers, and plan with them."""
        keep_answers(node)
        return await self.main(node)

    async def prepare(self, node: Node[TestPythonArgs]) -> ActionOutcome:
        """Make the harness."""
        data = {**await _data(node), "plan": node.state["plan"], "problem": ""}
        problem = ""
        for _ in range(MAX_ROUNDS):
            made = await node.llm(Harness, Prompt(task="write_harness", data=data, role="coder"))
            harness = plain(made.code)
            problem = problem_of(harness)
            if not problem:
                node.state["harness"] = harness
                node.state["inputs"] = {_name(each.name): each.content for each in made.inputs[:MAX_INPUTS]}
                return Continue(then=self.run)
            data = {**data, "problem": problem}
        return Fail("no_code", f"No harness was written in {MAX_ROUNDS} tries. {problem}")

    async def run(self, node: Node[TestPythonArgs]) -> ActionOutcome:
        """Run the test; a failure goes to repair, as long as that is allowed."""
        state = node.state
        inputs = {name: content.encode(errors="replace") for name, content in state.get("inputs", {}).items()}
        inputs |= {**await _attached(node), state["file"]: state["code"].encode(errors="replace")}
        script = state["file"]
        if state.get("harness"):
            script = f"test_{script.rpartition('/')[2]}"
            inputs[script] = state["harness"].encode(errors="replace")
        try:
            ran = await self._run(node, script, inputs)
        except ActionError as error:
            if error.code != "packages_failed":
                raise
            ran = CodeRun(None, "", str(error), "exited")
        state["last"] = cut(report_of(ran), MAX_SHOWN)
        if ran.ok:
            return await self._passed(node, ran)
        if state.get("repairs", 0) >= MAX_REPAIRS:
            return await self._hand_over(node, f"{MAX_REPAIRS} repairs did not make it work.")
        return Continue(then=self.repair)

    async def _run(self, node: Node[TestPythonArgs], script: str, inputs: dict[str, bytes]) -> CodeRun:
        # What is under test stands in the state, not in the workspace: an older version there must not be run instead.
        return await node.sandbox.run(
            ["python", script], packages=node.state.get("packages", []), inputs=inputs, instead=True
        )

    async def repair(self, node: Node[TestPythonArgs]) -> ActionOutcome:
        """Mend the code or the harness, and run again."""
        state = node.state
        state["repairs"] = state.get("repairs", 0) + 1
        data = {**await _data(node), "harness": state.get("harness", ""), "run": state["last"], "problem": ""}
        for _ in range(MAX_ROUNDS):
            made = await node.llm(Repair, Prompt(task="repair_code", data=data, role="coder"))
            if made.give_up:
                return await self._hand_over(node, made.reason)
            part = "code" if made.code.strip() else "harness"
            mended = plain(made.code or made.harness)
            problem = problem_of(mended) or ("It is what was there before." if mended == state.get(part) else "")
            if not problem:
                state[part] = mended
                return Continue(then=self.run)
            data = {**data, "problem": problem}
        return await self._hand_over(node, "Nothing that was given mends it.")

    async def _passed(self, node: Node[TestPythonArgs], ran: CodeRun) -> ActionOutcome:
        state = node.state
        mended = state["code"] != state["original"]
        if mended or state["written"]:
            await node.files.write(state["file"], state["code"])
        if mended:
            await self._save(node, f"Tested: {node.directive}"[:200])
        await keep_results(node, ran, node.directive)
        times = state.get("repairs", 0)
        how = f"after {times} repair{'s' if times != 1 else ''}" if times else "at once"
        return Finish(f"{state['file']} works: its test passed {how}.\n\n{report_of(ran)}")

    async def _hand_over(self, node: Node[TestPythonArgs], why: str) -> ActionOutcome:
        """Give the user the prepared script, and wait for what comes of it."""
        state = node.state
        script = f"test_{safe_name(state['file'])}"
        about = f"Prepared test of {state['file']}"
        await self._save(node, about)
        if state.get("harness"):
            await node.memory.save(script, state["harness"], kind="python", description=about, folder=RESULTS)
        told = f"I could not make the test of {state['file']} pass here. {why}\n\nThe last run:\n{state['last']}"
        if not await may_ask(node):
            kept = f"The prepared script is in memory ({RESULTS}/); the user wants not to be asked."
            return Fail("test_failed", f"{state['file']} was not seen to work. {why}", f"{told}\n\n{kept}")
        prompt = f"{told}\n\nThe prepared script is in memory ({RESULTS}/). Please run it. Does it work?"
        return Ask(Question(prompt, choices=[WORKED, FAILED]), then=self.handed)

    async def _save(self, node: Node[TestPythonArgs], description: str) -> None:
        """Keep the code, as what it was before."""
        name = safe_name(node.state["file"])
        before = await entry_of(node, name)
        kind = before.kind if before else KINDS["script"]
        await node.memory.save(name, node.state["code"], kind=kind, description=description, folder=RESULTS)

    async def handed(self, node: Node[TestPythonArgs]) -> ActionOutcome:
        """End as the user says."""
        state = node.state
        if as_text(node.answers[-1].answer) == WORKED:
            return Finish(f"{state['file']} works, as the user says. The last run here:\n\n{state['last']}")
        return Fail("test_failed", f"{state['file']} does not work.", f"The last run:\n\n{state['last']}")


async def _subject(node: Node[TestPythonArgs]) -> dict[str, Any]:
    """What is under test: its file and code, and whether it must be written to the workspace."""
    args = node.args
    if args.file is None and args.code is None:
        found = [entry for entry in await node.memory.entries() if entry.kind in KINDS.values()]
        if not found:
            raise ActionError("nothing_to_test", "Give the Python to test: either `file`, or `code`.")
        file = found[-1].name
    else:
        file = args.file or "code.py"
    if not file.endswith(".py"):
        file += "" if "." in file.rpartition("/")[2] else ".py"
    code = args.code if args.code is not None else await code_of(node, file)
    return {"file": file, "code": code, "original": code, "written": args.code is not None}


async def _attached(node: Node[TestPythonArgs]) -> dict[str, bytes]:
    """The files that people attached, as far as there is room."""
    found, room = {}, MAX_INPUT_BYTES
    for entry in (await attached(node))[:MAX_INPUTS]:
        if entry.size <= room:
            room -= entry.size
            found[entry.name] = await node.memory.read_bytes(entry.entry_id)
    return found


async def _data(node: Node[TestPythonArgs]) -> dict[str, Any]:
    return {
        "directive": node.directive,
        "file": node.state["file"],
        "code": node.state["code"],
        "files": await inventory(node),
        "context": bounded(node.args.context),
        "answers": answers_of(node),
        "messages": [message.content for message in node.messages],
        **await offered_utils(node, f"{node.directive} {node.state['code']}"),
    }


def _name(name: str) -> str:
    try:
        return safe_name(name)
    except ActionError:
        return "input.txt"
