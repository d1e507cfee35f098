"""`action/run`: runs every action that a swarm made, in the sandbox, by the runner's protocol (`created/protocol.py`).

Rule: before each activation the content's hash is computed again and compared with what was approved; a version that
was revoked since the node was spawned does not run.
"""

import json
from dataclasses import asdict
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.created import protocol
from pgswarm.actions.created.cases import output_problem
from pgswarm.actions.created.library import RUN, CreatedAction
from pgswarm.actions.node import CodeRun, Node
from pgswarm.actions.outcomes import ActionOutcome, Ask, Child, Continue, Fail, Finish, Question, Sleep, Spawn
from pgswarm.actions.swarm.outputs import with_output
from pgswarm.schema.json_schema import misfits

WALL_S: Final = 300.0
MAX_SAID: Final = 4_000


class RunArgs(BaseModel):
    """Whatever the action's own input schema says."""

    model_config = ConfigDict(extra="allow")


@action(RUN, description="Run an action that this swarm made.", routable=False, max_attempts=3)
class RunCreated(Action[RunArgs]):
    """Runs a handler of a created action for each activation."""

    async def main(self, node: Node[RunArgs]) -> ActionOutcome:
        """Run its `main`."""
        return await self._run(node, "main")

    async def go_on(self, node: Node[RunArgs]) -> ActionOutcome:
        """Run the handler that its last answer named."""
        return await self._run(node, node.state["then"])

    async def _run(self, node: Node[RunArgs], handler: str) -> ActionOutcome:
        made = await node.library.own()
        _require_approved(made)
        args = node.args.model_dump()
        if found := misfits(made.content.input_schema, args, "args"):
            return Fail("invalid_args", f"{found[0].path}: {found[0].message}")
        told = protocol.request(
            made,
            handler=handler,
            directive=node.directive,
            args=args,
            state=node.state.get("own", {}),
            reports=[{**asdict(report), "node_id": str(report.node_id)} for report in node.reports],
            answers=[{"prompt": a.prompt, "answer": a.answer, "expired": a.expired} for a in node.answers],
            messages=[{"content": message.content, "role": message.role} for message in node.messages],
        )
        run = await node.sandbox.run(
            protocol.command(made, node.directive),
            stdin=told,
            packages=made.content.dependencies,
            wall_s=WALL_S,
            inputs=protocol.files_of(made),
            instead=True,
            utils=protocol.modules_of(made),
        )
        try:
            answer = protocol.read(made, run)
        except protocol.BadAnswerError as error:
            return Fail("action_broken", f"{made.action_id} in version {made.version}: {error}", _said(run))
        node.state.clear()
        node.state.update(then=getattr(answer, "then", ""), own=answer.state)
        return self._outcome(made, answer)

    def _outcome(self, made: CreatedAction, answer: protocol.Answer) -> ActionOutcome:
        match answer:
            case protocol.Finished():
                return _finished(made, answer)
            case protocol.Failed(code=code, message=message, report=report):
                return Fail(code, message, report or None)
            case protocol.Asked(questions=questions):
                asked = [Question(q.prompt, schema=q.answer_schema, choices=q.choices) for q in questions]
                return Ask(asked, then=self.go_on)
            case protocol.Spawned(children=children):
                return Spawn([Child(each.action, each.directive, each.args) for each in children], then=self.go_on)
            case protocol.Continued(outcome="sleep", seconds=seconds):
                return Sleep(seconds, then=self.go_on)
            case _:
                return Continue(then=self.go_on)


def _finished(made: CreatedAction, answer: protocol.Finished) -> Finish | Fail:
    if wrong := output_problem(made.content.output_schema, answer.output):
        return Fail("bad_output", f"{made.action_id} in version {made.version}: {wrong}", answer.report or None)
    if made.content.output_schema and answer.output is not None:
        return Finish(with_output(answer.report, answer.output))
    return Finish(answer.report or _as_text(answer.output))


def _require_approved(made: CreatedAction) -> None:
    called = f"{made.action_id} in version {made.version}"
    if made.revoked:
        raise ActionError("action_revoked", f"{called} was revoked: {made.revoked}")
    if made.content.hash != made.approved_hash:
        raise ActionError("action_changed", f"{called} is not what was approved: revoke it, and have it made again.")


def _said(run: CodeRun) -> str | None:
    said = "\n".join(part for part in (run.stdout, run.stderr) if part.strip())
    return said[-MAX_SAID:] or None


def _as_text(output: Any) -> str:
    return "" if output is None else output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
