"""`conversation/introductory_interview`: learns who the user is and when they want to be asked, and keeps it.

The result is the memory `user/profile.json`, and is known to all swarms of the user's account; every node that would
ask the user goes by it. Bounded: `MAX_TURNS` turns.
"""

from typing import Final

from pgswarm.actions.base import Action, NoArgs, action
from pgswarm.actions.conversation.profile import FOLDER, PROFILE, Involvement, Profile, save_profile
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Ask, Finish, Question
from pgswarm.actions.swarm.ask_first import Decision, new_questions
from pgswarm.actions.swarm.notes import answered

MAX_TURNS: Final = 3
_MAX_FOLLOW_UPS: Final = 2
EXPERTISE: Final = "What do you know well, and what is new to you, in what you want done here?"
INVOLVEMENT: Final = "How much do you want to be involved?"
CHOICES: Final[dict[str, Involvement]] = {
    "Ask me whenever something is unclear": "always",
    "Ask me only what is important": "important",
    "Decide for yourselves": "never",
}


class Interview(Decision):
    """The profile, or what must be asked once more."""

    expertise: str
    involvement: Involvement
    notes: str


@action(
    "conversation/introductory_interview",
    description="Interview the user before work begins: their expertise, and how much they want to be involved.",
)
class IntroductoryInterview(Action[NoArgs]):
    """Asks, and keeps a profile."""

    async def main(self, node: Node[NoArgs]) -> ActionOutcome:
        """Put the questions that are always put."""
        node.state.update(turns=1, answers=[])
        return Ask([EXPERTISE, Question(INVOLVEMENT, choices=list(CHOICES))], then=self.heard)

    async def heard(self, node: Node[NoArgs]) -> ActionOutcome:
        """Keep the profile, or ask what could not be understood."""
        node.state["answers"] = [*node.state["answers"], *answered(node.answers)]
        chosen = {a.prompt: CHOICES[a.answer] for a in node.answers if a.prompt == INVOLVEMENT and a.answer in CHOICES}
        if chosen:
            node.state["involvement"] = chosen[INVOLVEMENT]
        data = {"answers": node.state["answers"], "messages": [message.content for message in node.messages]}
        found = await node.llm(Interview, Prompt(task="interview", data=data, role="talker"))
        more = new_questions(found.questions, (entry["question"] for entry in node.state["answers"]))
        if more and node.state["turns"] < MAX_TURNS:
            node.state["turns"] += 1
            return Ask(more[:_MAX_FOLLOW_UPS], then=self.heard)
        # what was chosen from a list needs no interpretation
        involvement = node.state.get("involvement") or found.involvement
        profile = Profile(expertise=found.expertise.strip(), involvement=involvement, notes=found.notes.strip())
        await save_profile(node, profile)
        wish = next(words for words, value in CHOICES.items() if value == involvement)
        lines = [f"Expertise: {profile.expertise}", f"Involvement: {wish.lower()}"]
        if profile.notes:
            lines.append(f"Notes: {profile.notes}")
        return Finish("\n".join([*lines, f"Kept as {FOLDER}/{PROFILE} in memory."]))
