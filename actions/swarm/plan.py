"""`swarm/plan`: ordered steps, some of them in parallel, reviewed before they are carried out.

What is unknown is found out first, by a node of its own. The reviewer confirms the plan or gives a better one, which is
reviewed again, `MAX_REVIEWS` times at most; the last one is then taken. Stage by stage the steps are carried out, each
with the results of those before; at the end the whole is reviewed, and what is left is planned anew. Bounded: stages,
steps, reviews, rounds.
"""

from typing import Any, Final

from pgswarm.actions.base import action
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Child, Fail, Spawn
from pgswarm.actions.spaces.offered import known_chains
from pgswarm.actions.swarm.ask_first import Decision, ask_first, keep_answers
from pgswarm.actions.swarm.determine_unknowns import found_out
from pgswarm.actions.swarm.failures import told
from pgswarm.actions.swarm.manager import MAX_PARTS, Manager, ManagerArgs, context_of, known_of
from pgswarm.actions.swarm.notes import bounded
from pgswarm.actions.swarm.review_plan import PlanVerdict, Stage
from pgswarm.schema.states import Outcome

MAX_REVIEWS: Final = 3
MAX_STAGES: Final = 30
_MAX_KNOWN: Final = 20_000


class Plan(Decision):
    """The steps, or what must be known before them."""

    stages: list[Stage]


class PlanArgs(ManagerArgs):
    """The arguments of a manager, and whether what is unknown is looked for first."""

    find_unknowns: bool = True


@action(
    "swarm/plan",
    description=(
        "Plan work as ordered steps, have the plan checked by a reviewer, then carry the steps out one after another: "
        "for work whose steps build on each other."
    ),
)
class PlanWork(Manager[PlanArgs]):
    """Plans, has the plan reviewed, and carries it out."""

    async def main(self, node: Node[PlanArgs]) -> ActionOutcome:
        """Have found out what is unknown, once; then plan."""
        if node.args.find_unknowns and "known" not in node.state:
            node.state["known"] = []
            return Spawn([Child("swarm/determine_unknowns", node.directive)], then=self.informed)
        return await self._plan(node)

    async def informed(self, node: Node[PlanArgs]) -> ActionOutcome:
        """Take what was found out; without it, plan all the same."""
        report = node.reports[0]
        known = found_out(report.report) if report.outcome is Outcome.SUCCEEDED else []
        node.state["known"] = bounded(known, _MAX_KNOWN)
        return await self._plan(node)

    async def answered(self, node: Node[PlanArgs]) -> ActionOutcome:
        """Keep the answers, and plan with them."""
        keep_answers(node)
        return await self._plan(node)

    async def reviewed(self, node: Node[PlanArgs]) -> ActionOutcome:
        """Carry the plan out where it is confirmed, else have the better one reviewed; plan anew where people wrote."""
        report = node.reports[0]
        if len(node.messages) > node.state["heard"]:
            return await self._plan(node)
        if report.outcome is not Outcome.SUCCEEDED:
            code, message = told(report.error, report.outcome.value, report.action)
            return Fail(code, f"The plan could not be reviewed: {message}")
        verdict = PlanVerdict.model_validate_json(report.report)
        revised = _cleaned(verdict.stages)
        if verdict.confirmed or not revised:
            return self._next_stage(node)
        node.state["stages"] = revised
        if node.state["reviews"] < MAX_REVIEWS:
            return self._have_reviewed(node)
        node.log.info("the plan is taken as it is after %d reviews", MAX_REVIEWS)
        return self._next_stage(node)

    async def _plan(self, node: Node[PlanArgs]) -> ActionOutcome:
        prompt = Prompt(task="plan", data=await self._data(node))
        plan = await ask_first(node, Plan, prompt, then=self.answered)
        if isinstance(plan, Spawn):
            return plan
        stages = _cleaned(plan.stages)
        if not stages:
            return Fail("no_steps", "The planner found no step for this directive: say it in other words.")
        if len(stages) > MAX_STAGES or any(len(stage["steps"]) > MAX_PARTS for stage in stages):
            message = f"The plan is too big: at most {MAX_STAGES} stages of {MAX_PARTS} steps are allowed."
            return Fail("plan_too_big", message)
        number = node.state.get("planned", 0) + 1
        node.state.update(stages=stages, reviews=0, planned=number, heard=len(node.messages))
        return self._have_reviewed(node)

    def _have_reviewed(self, node: Node[PlanArgs]) -> Spawn:
        node.state["reviews"] += 1
        args = {
            "stages": node.state["stages"],
            "context": bounded(context_of(node)),
            "known": [*(note.report for note in known_of(node)), *(message.content for message in node.messages)],
        }
        directive = node.state.get("left") or node.directive
        return Spawn([Child("swarm/review_plan", directive, args)], then=self.reviewed)

    def _next_stage(self, node: Node[PlanArgs]) -> Spawn:
        stages = node.state["stages"]
        first, node.state["stages"] = stages[0]["steps"], stages[1:]
        # The whole plan is shown for a yes before its first stage; the later stages are part of it.
        shown = node.state.get("shown") == node.state["planned"]
        if not shown:
            node.state.update(shown=node.state["planned"], round=node.state.get("round", 0) + 1)
        return Spawn(self._ordered(node, first), then=self.collect, plan="" if shown else _told(stages))

    async def _done_with_set(self, node: Node[PlanArgs]) -> ActionOutcome:
        """Go on with the next stage; after the last, or when one came to nothing, have all of it reviewed."""
        done = any(branch["outcome"] == Outcome.SUCCEEDED.value for branch in node.state["new"])
        if not node.state["stages"] or not done:
            return self._review(node)
        self._keep_new(node)
        return self._next_stage(node)

    async def _data(self, node: Node[PlanArgs]) -> dict[str, Any]:
        return {
            "directive": node.state.get("left") or node.directive,
            "whole_directive": node.directive,
            "files": await inventory(node),
            "chains": await known_chains(node),
            "context": bounded(context_of(node)),
            "known": [note.report for note in known_of(node)],
            "round": node.state.get("round", 0) + 1,
            "messages": [message.content for message in node.messages],
        }


def _cleaned(stages: list[Stage]) -> list[dict[str, list[str]]]:
    """The stages that have steps, each step once."""
    seen: set[str] = set()
    found = []
    for stage in stages:
        steps = [step.strip() for step in stage.steps if step.strip()]
        new = [step for step in dict.fromkeys(steps) if step not in seen]
        seen.update(new)
        if new:
            found.append({"steps": new})
    return found


def _told(stages: list[dict[str, list[str]]]) -> str:
    lines = []
    for number, stage in enumerate(stages, start=1):
        lines += [f"{number}. {step}" for step in stage["steps"]]
    return "These steps, those of one number at the same time:\n" + "\n".join(lines)
