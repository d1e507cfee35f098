"""`swarm/decompose_directive`: the manager: breaks a directive down, has the work reviewed, goes on with what is left.

Each round either asks or spawns the next parallel parts, never both. Bounded: rounds, parts a round, questions.
"""

from typing import Any

from pgswarm.actions.base import action
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Fail, Spawn
from pgswarm.actions.spaces.offered import known_chains
from pgswarm.actions.swarm.ask_first import Decision, ask_first, keep_answers
from pgswarm.actions.swarm.manager import MAX_PARTS, Manager, ManagerArgs, context_of
from pgswarm.actions.swarm.notes import bounded


class Decomposition(Decision):
    """Questions, or the next parallel parts."""

    parts: list[str]


class DecomposeArgs(ManagerArgs):
    """The arguments of a manager."""


@action(
    "swarm/decompose_directive",
    description=(
        "Break a directive of several parts down into sub-directives, work on them in parallel and in rounds, and have "
        "the results reviewed: the manager, for goals that ask for more than one thing or are too big for one action."
    ),
)
class DecomposeDirective(Manager[DecomposeArgs]):
    """Manages a directive until it is complete, or a bound is reached."""

    async def main(self, node: Node[DecomposeArgs]) -> ActionOutcome:
        """Ask, or spawn the next parallel parts."""
        prompt = Prompt(task="decompose", data=await self._data(node))
        plan = await ask_first(node, Decomposition, prompt, then=self.answered)
        if isinstance(plan, Spawn):
            return plan
        parts = list(dict.fromkeys(part.strip() for part in plan.parts if part.strip()))
        if not parts:
            return Fail("no_parts", "The manager found nothing to order for this directive: say it in other words.")
        if len(parts) > MAX_PARTS:
            return Fail(
                "too_many_parts", f"The manager ordered {len(parts)} parts at once; at most {MAX_PARTS} are allowed."
            )
        node.state["round"] = node.state.get("round", 0) + 1
        told = "\n".join(f"- {part}" for part in parts)
        return Spawn(self._ordered(node, parts), then=self.collect, plan=f"These parts at the same time:\n{told}")

    async def answered(self, node: Node[DecomposeArgs]) -> ActionOutcome:
        """Keep the answers, and plan again with them."""
        keep_answers(node)
        return await self.main(node)

    async def _data(self, node: Node[DecomposeArgs]) -> dict[str, Any]:
        return {
            "directive": node.state.get("left") or node.directive,
            "whole_directive": node.directive,
            "files": await inventory(node),
            "chains": await known_chains(node),
            "context": bounded(context_of(node)),
            "round": node.state.get("round", 0) + 1,
            "messages": [message.content for message in node.messages],
        }
