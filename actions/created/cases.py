"""The tests of a draft: each case is one run by the runner's own protocol, judged by what it answered.

Rule: what is reported as passed has been run, in the sandbox, as the action itself will be: beside the files that the
case names and nothing else of the swarm's.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pgswarm.actions.base import ActionError
from pgswarm.actions.created import protocol
from pgswarm.actions.created.draft import Case
from pgswarm.actions.created.library import CreatedAction
from pgswarm.actions.node import Bench
from pgswarm.schema.json_schema import misfits

WALL_S: Final = 30.0
MAX_SHOWN: Final = 2_000
_TELLS: Final = frozenset({"packages_failed"})
"""Refusals of the sandbox that the writer can do something about."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a case ended: `problem` is "" where it passed; `said` what it printed."""

    name: str
    problem: str = ""
    said: str = ""

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.problem

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {**asdict(self), "passed": self.passed}


async def try_case(bench: Bench, made: CreatedAction, case: Case) -> Result:
    """Run a case and judge it; raises `ActionError` where nothing can be run here."""
    args = json.loads(case.args) if case.args.strip() else {}
    if found := misfits(made.content.input_schema, args, "args"):
        return Result(case.name, f"{found[0].path}: {found[0].message}")
    told = protocol.request(
        made,
        handler=case.handler or "main",
        directive=case.directive,
        args=args,
        state=json.loads(case.state) if case.state.strip() else {},
        reports=[_report(text) for text in case.reports],
        answers=[{"prompt": "", "answer": text, "expired": False} for text in case.answers],
    )
    try:
        run = await bench.run(
            protocol.command(made, case.directive),
            stdin=told,
            packages=made.content.dependencies,
            wall_s=WALL_S,
            inputs={**{file.name: file.content.encode() for file in case.files}, **protocol.files_of(made)},
            apart=True,
            utils=protocol.modules_of(made),
        )
    except ActionError as error:
        if error.code not in _TELLS:
            raise
        return Result(case.name, str(error))
    said = run.stderr[-MAX_SHOWN:]
    try:
        answer = protocol.read(made, run)
    except protocol.BadAnswerError as error:
        return Result(case.name, str(error), said)
    return Result(case.name, judge(made, case, answer), said)


def judge(made: CreatedAction, case: Case, answer: protocol.Answer) -> str:
    """Return what is not as the case expects; "" where all is."""
    if answer.outcome != case.expect:
        return f"It ended in {answer.outcome}, not {case.expect}. {json.dumps(answer.model_dump())[:MAX_SHOWN]}"
    if not isinstance(answer, protocol.Finished):
        return ""
    wrong = output_problem(made.content.output_schema, answer.output)
    if wrong:
        return wrong
    missing = [text for text in case.report_contains if text not in answer.report]
    if missing:
        return f"Its report does not contain {missing[0]!r}: {answer.report[:MAX_SHOWN]!r}"
    if case.output.strip() and json.loads(case.output) != answer.output:
        return f"Its output is {json.dumps(answer.output)[:MAX_SHOWN]}, not {case.output[:MAX_SHOWN]}"
    return ""


def output_problem(schema: Mapping[str, Any], output: Any) -> str:
    """Return where an output does not fit the action's output schema; "" where it does, or there is none."""
    found = misfits(schema, output, "output") if schema else []
    return f"{found[0].path}: {found[0].message}" if found else ""


def _report(text: str) -> dict[str, Any]:
    return {"node_id": "", "action": "", "directive": "", "outcome": "succeeded", "report": text, "error": None}
