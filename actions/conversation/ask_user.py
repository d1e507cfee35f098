"""`conversation/ask_user`: the conversation agent. It opens with a short title, asks, and reports what it learned.

It keeps the open questions, the context that must survive, and a report that grows. Each open question is a row that is
answered on its own, in any order; when the messages of a turn are there, what they settle is taken off, and the rest is
asked again. The first message, every later one and the last are activations of their own; between them nothing runs.
Bounded: `MAX_TURNS` turns of `MAX_QUESTIONS` questions; then it reports what is still open.
"""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.conversation.profile import FOLDER, slug
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Ask, Continue, Fail, Finish
from pgswarm.actions.swarm.notes import answered

MAX_QUESTIONS: Final = 20
MAX_TURNS: Final = 6
MAX_CONTEXT: Final = 8_000
_TITLE_WORDS: Final = 4
_TOLD_BY: Final = 6


class AskArgs(BaseModel):
    """The questions, where they are already worded."""

    model_config = ConfigDict(extra="forbid")

    questions: list[str] = Field(default_factory=list, max_length=MAX_QUESTIONS)


class Conversation(BaseModel):
    """A title, and the questions to put."""

    title: str
    questions: list[str]


class Settled(BaseModel):
    """An open question that a message has settled."""

    number: int
    answer: str


class Turn(BaseModel):
    """What the messages of one turn have settled, and what is asked next."""

    settled: list[Settled]
    asks: list[str]
    context: str


@action(
    "conversation/ask_user",
    description="Ask the user, a person, one or more questions and report the answers: for what only they can know.",
)
class AskUser(Action[AskArgs]):
    """Asks, waits for answers without holding anything, asks again for what is open, and reports."""

    async def main(self, node: Node[AskArgs]) -> ActionOutcome:
        """Open the conversation: the first message."""
        questions, title = list(node.args.questions), ""
        if not questions:
            prompt = Prompt(task="ask_user", data={"directive": node.directive}, role="talker")
            talk = await node.llm(Conversation, prompt)
            questions, title = talk.questions, talk.title
        open_questions = _cleaned(questions)
        if not open_questions:
            return Fail("no_question", "The directive names nothing to ask: say what the user should be asked.")
        node.state.update(title=_title(title or open_questions[0]), report=[], context="", turns=0)
        return self._ask(node, open_questions)

    async def heard(self, node: Node[AskArgs]) -> ActionOutcome:
        """Take off what the messages settle, and ask for the rest; a later message."""
        said = answered(node.answers)
        silent = {n for n, answer in enumerate(node.answers) if answer.expired and answer.answer is None}
        for number in sorted(silent):  # nobody will answer that one: it is not asked again
            _settle(node, said[number]["question"], said[number]["answer"])
        asked = [entry for number, entry in enumerate(said) if number not in silent]
        left: list[str] = []
        if asked:
            turn = await node.llm(Turn, Prompt(task="converse", data=self._data(node, asked), role="talker"))
            settled = {s.number: s.answer.strip() for s in turn.settled if 1 <= s.number <= len(asked)}
            for number, entry in enumerate(asked, start=1):
                if settled.get(number):
                    _settle(node, entry["question"], settled[number])
            unsettled = [entry["question"] for n, entry in enumerate(asked, start=1) if not settled.get(n)]
            left = (_cleaned(turn.asks) or unsettled)[: len(unsettled)]  # no question is lost, and none is added
            node.state["context"] = turn.context[:MAX_CONTEXT]
        node.state["heard"] = len(node.messages)
        if not left:
            return Continue(then=self.conclude)
        if node.state["turns"] >= MAX_TURNS:
            node.state["open"] = left
            return Continue(then=self.conclude)
        return self._ask(node, left)

    async def conclude(self, node: Node[AskArgs]) -> ActionOutcome:
        """Report every question with its answer, and keep the conversation in memory; the last message."""
        report, left = node.state["report"], node.state["open"]
        if not report:
            return Fail("no_answer", f"After {MAX_TURNS} turns nothing was settled. Still open: {' '.join(left)}")
        lines = [f"Q: {entry['question']}\nA: {entry['answer']}" for entry in report]
        if left:
            lines.append("Still open: " + " ".join(left))
        text, title = "\n\n".join(lines), node.state["title"]
        name = f"{slug(title)}-{node.node_id.hex[-_TOLD_BY:]}.md"  # titles are short: others have the same
        await node.memory.save(name, text, kind="conversation", description=title, folder=f"{FOLDER}/conversations")
        return Finish(text)

    def _ask(self, node: Node[AskArgs], questions: list[str]) -> Ask:
        node.state["turns"] += 1
        node.state["open"] = []
        return Ask(questions, then=self.heard)

    def _data(self, node: Node[AskArgs], asked: list[dict[str, str]]) -> dict[str, Any]:
        unasked = node.messages[node.state.get("heard", 0) :]
        return {
            "directive": node.directive,
            "title": node.state["title"],
            "open": [{"number": n, "question": entry["question"]} for n, entry in enumerate(asked, start=1)],
            "messages": [
                *({"under": n, "text": entry["answer"]} for n, entry in enumerate(asked, start=1)),
                *({"under": None, "text": message.content} for message in unasked),
            ],
            "settled": node.state["report"],
            "context": node.state["context"],
            "last_turn": node.state["turns"] >= MAX_TURNS,
        }


def _settle(node: Node[Any], question: str, answer: str) -> None:
    node.state["report"] = [*node.state["report"], {"question": question, "answer": answer}]


def _cleaned(questions: list[str]) -> list[str]:
    return list(dict.fromkeys(question.strip() for question in questions if question.strip()))[:MAX_QUESTIONS]


def _title(text: str) -> str:
    """Two to four words."""
    return " ".join(text.strip(" ?.!\"'").split()[:_TITLE_WORDS])
