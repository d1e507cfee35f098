"""Turns each skill of an agent's card into an action. Bounded: at most `MAX_SKILLS`; what is left out is named."""

from fnmatch import fnmatchcase
from typing import Final

from a2a.types import AgentCard, AgentSkill

from pgswarm.actions.outside.a2a.action import A2aSkill
from pgswarm.actions.outside.a2a.agent import Agent
from pgswarm.actions.outside.offers import Offer
from pgswarm.actions.outside.settings import A2aSettings
from pgswarm.actions.outside.texts import one_line, usable_name, without

MAX_SKILLS: Final = 500


async def offer(name: str, settings: A2aSettings) -> Offer:
    """Return the actions of an agent; raise `UnreachableError` where its card does not come in time."""
    agent = Agent.of(name, settings)
    async with agent.http() as http:
        card = await agent.card(http)
    left_out: list[str] = []
    actions: dict[str, A2aSkill] = {}
    for skill in card.skills[:MAX_SKILLS]:
        if not any(fnmatchcase(skill.id, pattern) for pattern in settings.only):
            continue
        if not usable_name(skill.id) or skill.id in actions:
            why = (
                "two skills have this id"
                if skill.id in actions
                else "its id has other signs than letters, digits, _ . -"
            )
            left_out.append(f"{one_line(skill.id, 100)!r}: {why}")
            continue
        about = one_line(without(agent.secrets(), _about(card, skill)))
        actions[skill.id] = A2aSkill.of(agent, skill.id, about)
    return Offer(agent.title, tuple(actions.values()), tuple(left_out))


def _about(card: AgentCard, skill: AgentSkill) -> str:
    examples = f" For example: {'; '.join(skill.examples[:3])}" if skill.examples else ""
    return f"{skill.name or skill.id}. {skill.description or card.description}{examples}"
