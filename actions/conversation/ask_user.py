"""`conversation/ask_user`: questions to the person, each answered on its own; the report holds both."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Ask, Fail, Finish
from pgswarm.actions.swarm.notes import as_text

MAX_QUESTIONS = 20

SYSTEM = """You talk with the person on behalf of a colleague whose directive says what must be learned.
Write one short, polite question for each thing that must be learned, in the person's language, each to be answered on
its own. Ask nothing that the directive already answers. `title` names the conversation in two to four words."""


class AskArgs(BaseModel):
    """The questions, where they are already worded."""

    model_config = ConfigDict(extra="forbid")

    questions: list[str] = Field(default_factory=list, max_length=MAX_QUESTIONS)


class Conversation(BaseModel):
    """A title, and the questions to put."""

    title: str
    questions: list[str]


@action(
    "conversation/ask_user",
    description="Ask the user, a person, one or more questions and report the answers: for what only they can know.",
)
class AskUser(Action[AskArgs]):
    """Asks, waits for every answer without holding anything, and reports."""

    async def main(self, node: Node[AskArgs]) -> ActionOutcome:
        """Put the questions."""
        questions = list(node.args.questions)
        if not questions:
            prompt = Prompt(task="ask_user", system=SYSTEM, data={"directive": node.directive}, role="talker")
            talk = await node.llm(Conversation, prompt)
            node.state["title"] = talk.title
            questions = talk.questions
        questions = [question.strip() for question in questions if question.strip()][:MAX_QUESTIONS]
        if not questions:
            return Fail("no_question", "The directive names nothing to ask: say what the user should be asked.")
        return Ask(questions, then=self.conclude)

    async def conclude(self, node: Node[AskArgs]) -> ActionOutcome:
        """Report every question with its answer."""
        return Finish("\n\n".join(f"Q: {answer.prompt}\nA: {as_text(answer.answer)}" for answer in node.answers))
