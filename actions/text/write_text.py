"""`text/write_text`: a document for a reader, from the results of earlier work. Asks for whom where nobody said.

The document is the report, and is saved among the results. Bounded: asks as `ask_first` does, reads `MAX_SOURCE_CHARS`.
"""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.files.inventory import RESULTS, attached, inventory, safe_name
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Fail, Finish
from pgswarm.actions.swarm.ask_first import answers_of, ask_oracles, keep_answers
from pgswarm.actions.swarm.notes import Note, bounded

MAX_SOURCE_CHARS = 60_000
_MAX_SLUG = 60


class WriteArgs(BaseModel):
    """What to write, the name to save it under, for whom, how long, and the results to write it from."""

    model_config = ConfigDict(extra="forbid")

    kind: str | None = None
    name: str | None = Field(default=None, max_length=120)
    audience: str | None = None
    max_words: int | None = Field(default=None, ge=5, le=20_000)
    context: list[Note] = Field(default_factory=list)


class Draft(BaseModel):
    """The document, or what must be asked first."""

    questions: list[str]
    title: str
    text: str


@action(
    "text/write_text",
    description="Write a text: a report, memo, letter, briefing or other document for a reader, from earlier results.",
)
class WriteText(Action[WriteArgs]):
    """Writes a document."""

    async def main(self, node: Node[WriteArgs]) -> ActionOutcome:
        """Write, or ask what must be known first."""
        draft = await node.llm(Draft, Prompt(task="write", data=await self._data(node), role="talker"))
        questions = [question.strip() for question in draft.questions if question.strip()]
        if questions and not draft.text.strip():
            missing = Fail("no_answer", f"Nothing can be written without an answer to: {questions[0]}")
            return ask_oracles(node, questions, then=self.answered) or missing
        if not draft.text.strip():
            return Fail("nothing_written", "The writer gave back no text: say in other words what is to be written.")
        name = safe_name(node.args.name or f"{_slug(draft.title or node.args.kind or 'text')}.md")
        await node.memory.save(name, draft.text, kind="markdown", description=node.directive[:200], folder=RESULTS)
        return Finish(draft.text)

    async def answered(self, node: Node[WriteArgs]) -> ActionOutcome:
        """Keep the answers, and write with them."""
        keep_answers(node)
        return await self.main(node)

    async def _data(self, node: Node[WriteArgs]) -> dict[str, Any]:
        args = node.args
        return {
            "directive": node.directive,
            "kind": args.kind or "",
            "audience": args.audience or "",
            "max_words": args.max_words,
            "context": bounded(args.context),
            "answers": answers_of(node),
            "files": await inventory(node),
            "sources": [] if args.context else await _sources(node),
            "messages": [message.content for message in node.messages],
        }


async def _sources(node: Node[WriteArgs]) -> list[dict[str, str]]:
    """The texts themselves, where there are no results to write from, up to `MAX_SOURCE_CHARS` in all."""
    found, room = [], MAX_SOURCE_CHARS
    for entry in await attached(node):
        if room <= 0:
            break
        try:
            text = (await node.memory.read(entry.entry_id))[:room]
        except ActionError as error:
            node.log.info("%s is left out: %s", entry.name, error)
            continue
        found.append({"name": entry.name, "text": text})
        room -= len(text)
    return found


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:_MAX_SLUG] or "text"
