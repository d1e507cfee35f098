"""`action/create`: writes a new action, tests it in the sandbox, has it approved, and files it with its provenance.

Rule: nothing is filed that did not pass its tests as it is, and that nobody approved: a person who was shown the
source, or the operator's policy. Bounded: `MAX_ROUNDS` drafts that are none, `MAX_REPAIRS` repairs, `MAX_CORRECTIONS`
corrections by a person; each of these ends in a failure that says why.
"""

import os
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.code.kept import offered_utils
from pgswarm.actions.created.cases import Result, try_case
from pgswarm.actions.created.draft import Draft, content_of, problem_with
from pgswarm.actions.created.library import CREATE, PREFIX, Content, CreatedAction
from pgswarm.actions.created.policy import VARIABLE, Policy
from pgswarm.actions.created.review import prompt_of
from pgswarm.actions.documentation.making import MOST, writing_created_actions
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Ask, Continue, Fail, Finish, Question, Spawn
from pgswarm.actions.swarm.ask_first import ask_first, keep_answers
from pgswarm.actions.swarm.notes import Note, bounded
from pgswarm.actions.swarm.yes import QUESTION_SCHEMA, read_answer

MAX_ROUNDS: Final = 3
MAX_REPAIRS: Final = 3
MAX_CORRECTIONS: Final = 5
MAX_OFFERED: Final = 100


class CreateArgs(BaseModel):
    """Why the action is wanted, and results of earlier work.

    `task`: what it is to do, where that is not the directive itself; `improve`: the id of an action that the swarm has,
    of which this is to be a better version.
    """

    model_config = ConfigDict(extra="forbid")

    task: str = Field(default="", max_length=20_000)
    why: str = Field(default="", max_length=20_000)
    improve: str | None = Field(default=None, max_length=100)
    context: list[Note] = Field(default_factory=list)


@action(
    CREATE,
    description="Make a new action for a kind of work that no action here does: write it, test it, have it approved.",
)
class CreateAction(Action[CreateArgs]):
    """Makes actions."""

    async def main(self, node: Node[CreateArgs]) -> ActionOutcome:
        """Write a first draft; ask first what must be known."""
        policy = await _policy(node)
        if policy.mode == "off":
            return Fail("creation_off", f"Actions are not made here: {VARIABLE} or the swarm's option `create` is off.")
        if node.args.improve and "existing" not in node.state:
            made = await node.library.newest(node.args.improve)
            node.state["existing"] = {"version": made.version, "code": made.content.code, "about": made.description}
        return await self._write(node, "")

    async def answered(self, node: Node[CreateArgs]) -> ActionOutcome:
        """Write with the answers."""
        keep_answers(node)
        return await self._write(node, node.state.get("problem", ""))

    async def _write(self, node: Node[CreateArgs], problem: str) -> ActionOutcome:
        """Have a draft written; what is none goes back, a bounded number of times."""
        data = {**await _data(node), "problem": problem}
        wrong = ""
        for _ in range(MAX_ROUNDS):
            said = Prompt(task="create_action", data={**data, "problem": wrong or problem}, role="coder")
            draft = await ask_first(node, Draft, said, self.answered)
            if isinstance(draft, Spawn):
                return draft
            wrong = problem_with(draft)
            if not wrong:
                node.state["draft"] = draft.model_dump()
                content = content_of(draft, await node.sandbox.utils())
                node.state["pinned"] = {"utils": content.utils, "dependencies": content.dependencies}
                return Continue(then=self.test)
            data["previous"] = draft.model_dump(exclude={"questions"})
        return Fail("no_action", f"No whole action was written in {MAX_ROUNDS} tries. {wrong}")

    async def test(self, node: Node[CreateArgs]) -> ActionOutcome:
        """Run the draft's tests in the sandbox; what fails goes to repair, as long as that is allowed."""
        draft = Draft.model_validate(node.state["draft"])
        made = _made(node, draft)
        results = [await try_case(node.sandbox, made, case) for case in draft.tests]
        node.state["results"] = [result.as_json() for result in results]
        failed = [result for result in results if not result.passed]
        if failed:
            if node.state.get("repairs", 0) >= MAX_REPAIRS:
                told = f"{failed[0].name}: {failed[0].problem}"
                return Fail("tests_failed", f"After {MAX_REPAIRS} repairs a test still fails. {told}", _listed(results))
            node.state["repairs"] = node.state.get("repairs", 0) + 1
            node.state["problem"] = "Tests fail, mend the code or the tests:\n" + _listed(failed)
            return Continue(then=self.mend)
        if (await _policy(node)).approves(made.content.dependencies):
            node.state["approval"] = {"by": "policy", "rule": "auto"}
            return Continue(then=self.file)
        return Ask(
            Question(prompt_of(made, node.directive, _listed(results)), schema=QUESTION_SCHEMA), then=self.judged
        )

    async def mend(self, node: Node[CreateArgs]) -> ActionOutcome:
        """Have the draft mended."""
        return await self._write(node, node.state["problem"])

    async def judged(self, node: Node[CreateArgs]) -> ActionOutcome:
        """File what a person approved; end with a no; take anything else as a correction."""
        answer = node.answers[-1]
        said = read_answer(answer.answer)
        if said.yes:
            node.state["question_id"] = str(answer.question_id)
            return await self.file(node)
        if not said.correction:
            return Fail("not_approved", "The user did not approve the action.")
        times = node.state["corrections"] = node.state.get("corrections", 0) + 1
        if times > MAX_CORRECTIONS:
            return Fail("not_approved", f"After {MAX_CORRECTIONS} corrections there was still no yes.")
        node.state["repairs"] = 0
        node.state["problem"] = f"The user wants it otherwise: {said.correction}"
        return Continue(then=self.mend)

    async def file(self, node: Node[CreateArgs]) -> ActionOutcome:
        """File it: from now on this swarm can route to it."""
        draft = Draft.model_validate(node.state["draft"])
        content = _content(node, draft)
        existing = node.state.get("existing")
        name = (node.args.improve or "").removeprefix(PREFIX) if existing else draft.name
        tests = [
            {**case.model_dump(exclude_defaults=True), "passed": result["passed"]}
            for case, result in zip(draft.tests, node.state["results"], strict=True)
        ]
        question_id = node.state.get("question_id")
        action_id, version = await node.library.file(
            name,
            draft.description.strip(),
            content,
            tests=tests,
            approval=node.state.get("approval", {}),
            question_id=question_id,
            improves=existing["version"] if existing else None,
        )
        how = "you approved it" if question_id else "the operator's policy approved it"
        parts = [
            f"{action_id} is there in version {version}: {draft.description.strip()}",
            _listed(node.state["results"]),
            f"Its {len(tests)} tests passed, and {how}.",
            f"Its source: `pgswarm actions show {action_id} --swarm {node.swarm_id}`",
        ]
        return Finish("\n\n".join(parts))


async def _policy(node: Node[CreateArgs]) -> Policy:
    return Policy.from_env(os.environ).stricter((await node.swarm()).options.get("create"))


def _content(node: Node[CreateArgs], draft: Draft) -> Content:
    """What it is made of, with the functions that it imports as they were when it was written."""
    return replace(content_of(draft), **node.state["pinned"])


def _made(node: Node[CreateArgs], draft: Draft) -> CreatedAction:
    content = _content(node, draft)
    return CreatedAction(PREFIX + draft.name, 0, draft.description, content, content.hash)


def _listed(results: list[Result] | list[dict[str, Any]]) -> str:
    told = [each.as_json() if isinstance(each, Result) else each for each in results]
    return "\n".join(
        f"- {each['name']}: " + ("passed" if each["passed"] else f"{each['problem']}\n{each['said']}".strip())
        for each in told
    )


async def _data(node: Node[CreateArgs]) -> dict[str, Any]:
    offered = [{"action": each.action_id, "description": each.description} for each in await node.actions()]
    draft = node.state.get("draft")
    return {
        "directive": node.args.task or node.directive,
        "why": node.args.why,
        "context": bounded(node.args.context),
        "existing": node.state.get("existing", {}),
        "previous": {name: part for name, part in (draft or {}).items() if name != "questions"},
        "documentation": writing_created_actions()[:MOST],
        "actions": [each for each in offered if each["action"] != CREATE][:MAX_OFFERED],
        "messages": [message.content for message in node.messages],
        **await offered_utils(node, node.args.task or node.directive),
    }
