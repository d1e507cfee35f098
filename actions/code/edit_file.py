"""`code/edit_file`: changes a file of the workspace, by edits that are given or that a model makes from the directive.

Rule: an edit replaces a text that stands there exactly once, or nothing is changed at all; Python must still parse.
Bounded: a model has `MAX_ROUNDS` tries. A change by another node meanwhile is seen, and the edit made again on that.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.code.talk import problem_of
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Continue, Fail, Finish
from pgswarm.actions.swarm.ask_first import answers_of, ask_oracles, keep_answers
from pgswarm.actions.swarm.notes import Note, bounded

MAX_ROUNDS: Final = 3
MAX_EDITS: Final = 50
MAX_FILE: Final = 400_000


class Edit(BaseModel):
    """One replacement; an empty `old` is the whole of an empty file."""

    model_config = ConfigDict(extra="forbid")

    old: str
    new: str


class EditArgs(BaseModel):
    """The file in the workspace, and the edits; where they are left out, a model makes them from the directive."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(min_length=1)
    edits: list[Edit] = Field(default_factory=list, max_length=MAX_EDITS)
    context: list[Note] = Field(default_factory=list)


class Edits(BaseModel):
    """What a model wants changed, or what it must ask first."""

    questions: list[str]
    edits: list[Edit]


@action(
    "code/edit_file", description="Edit code or text in the workspace: change, fix, replace, add or remove parts of it."
)
class EditFile(Action[EditArgs]):
    """Edits a file."""

    async def main(self, node: Node[EditArgs]) -> ActionOutcome:
        """Make the edits, or ask what must be known first."""
        before = await _content(node)
        text = _text(before, node.args.file)
        if node.args.edits:
            new, problem = apply_edits(node.args.file, text, node.args.edits)
            if problem:
                raise ActionError("edit_refused", problem)
            return self._ready(node, before, new, len(node.args.edits))
        problem = ""
        for _ in range(MAX_ROUNDS):
            made = await node.llm(Edits, Prompt(task="edit_file", data=_data(node, text, problem), role="coder"))
            questions = [question.strip() for question in made.questions if question.strip()]
            if questions and not made.edits:
                missing = f"{node.args.file} cannot be edited without an answer to: {questions[0]}"
                return ask_oracles(node, questions, then=self.answered) or Fail("no_answer", missing)
            new, problem = apply_edits(node.args.file, text, made.edits)
            if not problem:
                return self._ready(node, before, new, len(made.edits))
        return Fail("edit_refused", f"No edit of {node.args.file} fitted in {MAX_ROUNDS} tries. The last: {problem}")

    async def answered(self, node: Node[EditArgs]) -> ActionOutcome:
        """Keep the answers, and edit with them."""
        keep_answers(node)
        return await self.main(node)

    async def write(self, node: Node[EditArgs]) -> ActionOutcome:
        """Write what was made; where another node was quicker, edit what it wrote."""
        state = node.state
        try:
            await node.files.write(node.args.file, state["new"], replaces=state["before"])
        except ActionError as error:
            state["conflicts"] = state.get("conflicts", 0) + 1
            if error.code != "conflict" or state["conflicts"] >= MAX_ROUNDS:
                raise
            return Continue(then=self.main)
        many = "1 edit" if state["edits"] == 1 else f"{state['edits']} edits"
        return Finish(f"{node.args.file}: {many} made; it has {state['new'].count(chr(10)):,} lines now.")

    def _ready(self, node: Node[EditArgs], before: bytes | None, new: str, edits: int) -> Continue:
        # An activation of its own: tried again after a crash, an edit would not fit what it has made itself.
        node.state.update(new=new, edits=edits, before=None if before is None else hashlib.sha256(before).hexdigest())
        return Continue(then=self.write)


def apply_edits(path: str, text: str, edits: Sequence[Edit]) -> tuple[str, str]:
    """Return the text with the edits made, and what is wrong with them ("" where nothing is)."""
    if not edits:
        return text, "There are no edits: give at least one."
    new = text
    for number, edit in enumerate(edits, 1):
        if not edit.old:
            if new.strip():
                return (
                    text,
                    f"Edit {number} has an empty `old`, but the file is not empty: copy what is to be replaced.",
                )
            new = edit.new
            continue
        count = new.count(edit.old)
        if count != 1:
            often = "nowhere" if not count else f"{count} times"
            return text, f"Edit {number}: its `old` stands {often} in the file: copy it exactly, with enough around it."
        new = new.replace(edit.old, edit.new)
    if new == text:
        return text, "The edits change nothing."
    if path.endswith(".py") and new.strip():
        problem = problem_of(new)
        if problem and not problem_of(text):
            return text, problem
    return new, ""


def _data(node: Node[EditArgs], text: str, problem: str) -> dict[str, object]:
    return {
        "directive": node.directive,
        "file": node.args.file,
        "text": text,
        "context": bounded(node.args.context),
        "answers": answers_of(node),
        "problem": problem,
        "messages": [message.content for message in node.messages],
    }


async def _content(node: Node[EditArgs]) -> bytes | None:
    """What stands there; None where there is no such file yet."""
    if not any(info.path == node.args.file and not info.folder for info in await node.files.list()):
        return None
    return await node.files.read(node.args.file)


def _text(content: bytes | None, path: str) -> str:
    try:
        text = (content or b"").decode()
    except UnicodeDecodeError:
        raise ActionError("not_text", f"{path} is no text in UTF-8: it cannot be edited.") from None
    if len(text) > MAX_FILE:
        raise ActionError("too_large", f"{path} has {len(text):,} characters: {MAX_FILE:,} can be edited at most.")
    return text
