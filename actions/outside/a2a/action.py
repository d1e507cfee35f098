"""`a2a/<agent>/<skill>`: one task of an agent, from the first message to its artifacts.

One rule: each message is an effect, sent once; a look at the task may be repeated as often as one likes. Between looks
the node sleeps in the database, and the agent's questions wait in the inbox.
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from pgswarm.actions.base import Action, ActionSpec
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Ask, Fail, Finish, Question, Sleep
from pgswarm.actions.outside.a2a.agent import Agent, message
from pgswarm.actions.outside.args import OutsideArgs, args_model
from pgswarm.actions.outside.errors import UnreachableError
from pgswarm.actions.outside.report import bounded_report
from pgswarm.actions.outside.texts import MAX_MESSAGE, cleaned

SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "description": "What the agent is told; the directive where it is left out."},
        "data": {"type": "object", "description": "Structured input for the agent, sent beside the message."},
    },
    "additionalProperties": False,
}
LONGEST_PAUSE_S: Final = 60.0
GROWTH: Final = 1.5
SLACK_S: Final = 30
DONE: Final = "done"
GIVE_UP: Final = "give up"


class A2aSkill(Action[OutsideArgs]):
    """A skill of a configured agent."""

    def __init__(self, agent: Agent, skill: str, spec: ActionSpec) -> None:
        """Take the agent, the skill's id and name for it, and what is registered."""
        self.spec = spec
        self._agent = agent
        self._skill = skill

    @classmethod
    def of(cls, agent: Agent, skill: str, about: str) -> "A2aSkill":
        """Return the action for a skill whose texts are clean."""
        settings = agent.settings
        spec = ActionSpec(
            action_id=f"a2a/{agent.name}/{skill}",
            description=f"{about} (Skill {skill} of the connected agent {agent.name}, in its own words.)",
            version=1,
            timeout_s=int(settings.timeout_s + settings.connect_timeout_s) + SLACK_S,
            max_attempts=5,
            max_backoff_s=30.0,
            routable=True,
            args_model=args_model(f"A2a_{agent.name}_{skill}", SCHEMA),
            handlers=("main", "look", "answered", "authenticated"),
            source=f"a2a:{agent.name}",
        )
        return cls(agent, skill, spec)

    async def main(self, node: Node[OutsideArgs]) -> ActionOutcome:
        """Send the first message."""
        args = node.args.root
        return await self._send(node, args.get("message") or node.directive, args.get("data"))

    async def look(self, node: Node[OutsideArgs]) -> ActionOutcome:
        """See how the task stands; an agent that cannot be reached is looked for again until the task's time is up."""
        agent, task_id = self._agent, node.state["task_id"]
        try:
            async with agent.http() as http:
                client = agent.client(http, await agent.card(http))
                if node.state["waited_s"] > agent.settings.task_timeout_s:
                    await agent.cancel(client, task_id)
                    return self._too_long(node)
                came = await agent.look(client, task_id)
        except UnreachableError as error:
            node.log.info("the task %s cannot be looked at: %s", task_id, error.reason)
            return self._too_long(node) if node.state["waited_s"] > agent.settings.task_timeout_s else self._pause(node)
        return await self._decide(node, dict(came))

    async def answered(self, node: Node[OutsideArgs]) -> ActionOutcome:
        """Send a person's answer to the task."""
        answer = node.answers[0].answer
        return await self._send(node, answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False))

    async def authenticated(self, node: Node[OutsideArgs]) -> ActionOutcome:
        """Go on where a person has done what the agent wanted of them at its own place."""
        if node.answers[0].answer != DONE:
            return Fail("outside_refused", f"{self._agent.title} wants a login, which was refused.")
        return await self._send(node, DONE)

    async def _send(self, node: Node[OutsideArgs], text: str, data: Any = None) -> ActionOutcome:
        number = int(node.state.get("round", 0)) + 1
        sent = message(
            uuid5(NAMESPACE_OID, f"{node.node_id}:{number}"),
            self._skill,
            text,
            data,
            (node.state.get("task_id", ""), node.state.get("context_id", "")),
        )
        agent = self._agent
        async with agent.http() as http:
            client = agent.client(http, await agent.card(http))
            came = await node.effect(f"{node.action}, message {number}", lambda: agent.send(client, sent))
        node.state["round"] = number
        return await self._decide(node, came)

    async def _decide(self, node: Node[OutsideArgs], came: Any) -> ActionOutcome:
        if isinstance(came, dict) and came.get("kind") == "error":
            return Fail("outside_error", f"{self._agent.title}: {came['text']}"[:MAX_MESSAGE])
        if not isinstance(came, dict) or came.get("kind") != "came":
            return self._settled(node, came)
        if came["task_id"]:
            node.state.update(task_id=came["task_id"], context_id=came["context_id"])
        node.state.setdefault("waited_s", 0.0)
        match came["stage"]:
            case "done":
                return Finish(await bounded_report(node, came["text"] or "(the agent returned nothing)"))
            case "failed":
                told = f"{self._agent.title}: the task is {came['state']}. {came['text']}"
                return Fail("outside_error", told[:MAX_MESSAGE])
            case "working":
                return self._pause(node)
        return self._ask(node, came["stage"], came["text"])

    def _ask(self, node: Node[OutsideArgs], stage: str, text: str) -> ActionOutcome:
        asked = node.state.get("round", 0)
        if asked >= self._agent.settings.max_rounds:
            return Fail("rounds_exhausted", f"{self._agent.title} asked {asked} times, and would ask again.")
        node.state.pop("pause_s", None)
        if stage != "auth":
            prompt = f"{node.action} asks: {text or 'it needs more input, and does not say which.'}"
            return Ask(Question(prompt), then=self.answered)
        prompt = (
            f"{node.action} wants you to log in or to permit something at its own place: {text}\n"
            f"Do it there, and then answer {DONE}, or {GIVE_UP}. Type no secret here."
        )
        return Ask(Question(prompt, choices=[DONE, GIVE_UP]), then=self.authenticated)

    def _pause(self, node: Node[OutsideArgs]) -> Sleep:
        pause_s = min(float(node.state.get("pause_s", self._agent.settings.poll_s)), LONGEST_PAUSE_S)
        node.state["pause_s"] = pause_s * GROWTH
        node.state["waited_s"] += pause_s
        return Sleep(pause_s, then=self.look)

    def _too_long(self, node: Node[OutsideArgs]) -> Fail:
        limit_s = self._agent.settings.task_timeout_s
        return Fail(
            "outside_timeout",
            f"{self._agent.title} has not ended its task {node.state['task_id']} within {limit_s:g} s "
            "(task_timeout_s); it was asked to stop.",
        )

    def _settled(self, node: Node[OutsideArgs], said: Any) -> ActionOutcome:
        """Go on after a person said what became of a message that a crash had left unknown."""
        if said is None and node.state.get("task_id"):
            node.state.setdefault("waited_s", 0.0)
            return self._pause(node)  # the task is known: it tells itself how it stands
        if said is None:
            return Finish(f"{node.action} was sent its message, as a person found; what came of it is not known.")
        return Finish(
            cleaned(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False), MAX_MESSAGE * 10)
        )
