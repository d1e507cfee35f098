"""`conversation/introductory_interview`: learns who the user is and when they want to be asked, and keeps it.

It begins with what is known of them (`pgswarm profile`): that is not asked again, but shown once to those who want to
be asked whatever is unclear; who wants to be asked nothing is asked nothing. What is learnt is the memory
`user/profile.json`, and is known to all swarms of the user only where they agree. Bounded: `MAX_TURNS` turns.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pgswarm.actions.base import Action, NoArgs, action
from pgswarm.actions.conversation.profile import (
    FOLDER,
    PROFILE,
    Involvement,
    Known,
    Profile,
    known_profile,
    save_profile,
)
from pgswarm.actions.node import Answer, Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Ask, Finish, Question
from pgswarm.actions.swarm.ask_first import Decision, new_questions
from pgswarm.actions.swarm.notes import answered
from pgswarm.actions.swarm.yes import read_answer

MAX_TURNS: Final = 3
MAX_CHARS: Final = 1_500
"""Of the expertise, and of the notes: both fit a profile's bound, whatever they are written in."""
_MAX_FOLLOW_UPS: Final = 2
_MAX_SHOWN: Final = 600
EXPERTISE: Final = "What do you know well, and what is new to you, in what you want done here?"
INVOLVEMENT: Final = "How much do you want to be involved?"
CHOICES: Final[dict[str, Involvement]] = {
    "Ask me whenever something is unclear": "always",
    "Ask me only what is important": "important",
    "Decide for yourselves": "never",
}
KEEP: Final = "Shall all your swarms know this of you, or this one alone? You can see, change and erase it at any time."
KEEP_CHOICES: Final = {"All my swarms": True, "This one alone": False}


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
    """Asks what is not known, and keeps a profile."""

    async def main(self, node: Node[NoArgs]) -> ActionOutcome:
        """Put what is not known yet, in one turn; report what is known where nothing is to be asked."""
        known = await known_profile(node)
        if known.source == "blueprint":  # says something of whoever made it, and nothing of this person
            known = Known(Profile(), "")
        profile = known.profile
        told = profile.model_dump(include=profile.model_fields_set)
        for_all = known.source == "account"
        to_ask = _to_ask(profile, for_all=for_all)
        if not to_ask:
            return Finish("\n".join([*_lines(profile), "Known before: nothing was asked."]))
        node.state.update(turns=0, answers=[], known=told, keep=for_all)
        return self._ask(node, to_ask)

    async def heard(self, node: Node[NoArgs]) -> ActionOutcome:
        """Keep the profile, or ask what could not be understood."""
        if self._take(node):  # no more than a no: none of it is known
            return self._ask(node, {a: q for a, q in _to_ask(Profile()).items() if a not in node.state["about"]})
        known = Profile.model_validate(node.state["known"])
        answers = node.state["answers"]
        if not answers and not node.messages:
            return Finish("\n".join([*_lines(known), "Known before, and still right."]))
        data = {"known": node.state["known"], "answers": answers, "messages": [m.content for m in node.messages]}
        found = await node.llm(Interview, Prompt(task="interview", data=data, role="talker"))
        more = new_questions(found.questions, (entry["question"] for entry in answers))[:_MAX_FOLLOW_UPS]
        if more and node.state["turns"] < MAX_TURNS:
            return self._ask(node, {f"follow_up_{number}": question for number, question in enumerate(more, start=1)})
        # what was chosen from a list, or known and not corrected, needs no interpretation
        corrected = any(entry["about"] == "correction" for entry in answers)
        kept = {} if corrected else node.state["known"]
        profile = Profile(
            expertise=(kept.get("expertise") or found.expertise.strip())[:MAX_CHARS],
            involvement=node.state.get("involvement") or kept.get("involvement") or found.involvement,
            notes=(found.notes.strip() or kept.get("notes", ""))[:MAX_CHARS],
        )
        await save_profile(node, profile, for_all=node.state["keep"])
        whose = "all your swarms" if node.state["keep"] else "this swarm alone"
        return Finish("\n".join([*_lines(profile), f"Kept as {FOLDER}/{PROFILE} in memory, for {whose}."]))

    def _ask(self, node: Node[NoArgs], questions: Mapping[str, str | Question]) -> Ask:
        node.state["turns"] += 1
        node.state["about"] = list(questions)
        return Ask(list(questions.values()), then=self.heard)

    def _take(self, node: Node[NoArgs]) -> bool:
        """Keep what was said, each with what it is about; return whether what was known is wrong, and no more."""
        wrong = False
        for about, said, answer in zip(node.state["about"], answered(node.answers), node.answers, strict=True):
            if about == "keep":
                node.state["keep"] = _chosen(KEEP_CHOICES, answer) is True
                continue
            if about == "known":
                meant = read_answer(answer.answer)
                if meant.yes:
                    continue
                if not meant.correction:
                    node.state["known"], wrong = {}, True
                    continue
            if about == "involvement" and (wish := _chosen(CHOICES, answer)):
                node.state["involvement"] = wish
            kept = {**said, "about": "correction" if about == "known" else about}
            node.state["answers"] = [*node.state["answers"], kept]
        return wrong and not {"expertise", "involvement"} <= set(node.state["about"])


def _to_ask(profile: Profile, *, for_all: bool = False) -> dict[str, str | Question]:
    """Return the first questions by what they are about: what is missing, and at most one about what is known."""
    said = profile.model_fields_set
    wish = profile.involvement if "involvement" in said else None
    if wish == "never":
        return {}
    missing: dict[str, str | Question] = {}
    if not profile.expertise:
        missing["expertise"] = EXPERTISE
    if wish is None:
        missing["involvement"] = Question(INVOLVEMENT, choices=list(CHOICES))
    if missing:
        missing["keep"] = Question(KEEP, choices=list(KEEP_CHOICES))
    knows = bool(profile.expertise or profile.notes or wish)
    shown: dict[str, str | Question] = {}
    if knows and wish != "important":
        whose = "all your swarms" if for_all else "this swarm"
        still = f"Is it still right? Answer yes, or say what has changed: that is kept for {whose}."
        shown["known"] = "\n".join(["This is known of you:", *_lines(profile), still])
    return shown | missing


def _lines(profile: Profile) -> Sequence[str]:
    wish = next(words for words, value in CHOICES.items() if value == profile.involvement)
    said = {"Expertise": profile.expertise, "Involvement": wish.lower(), "Notes": profile.notes}
    if "involvement" not in profile.model_fields_set:
        del said["Involvement"]
    return [f"{name}: {_short(value)}" for name, value in said.items() if value]


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}\u2026"


def _chosen(choices: dict[str, Any], answer: Answer) -> Any:
    return choices.get(answer.answer) if isinstance(answer.answer, str) else None
