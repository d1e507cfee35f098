"""The action `data/describe_table`: figures from a CSV file. Rule: computed, not written by a model; cost 0."""

import asyncio
import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.conversation.profile import may_ask
from pgswarm.actions.data.answer import answer_question
from pgswarm.actions.data.figures.describe import describe, headline
from pgswarm.actions.data.questions.planner import (
    NeedsClarification,
    asks_for_figures,
    plan_question,
    with_choice,
)
from pgswarm.actions.data.tables.reader import read_table
from pgswarm.actions.data.tables.values import Table
from pgswarm.actions.node import EntryInfo, Node
from pgswarm.actions.outcomes import ActionOutcome, Ask, Fail, Finish, Question

_ENDINGS = (".csv", ".tsv", ".tab", ".psv")
_MAX_CHOICES = 12


class DescribeTableArgs(BaseModel):
    """Which file, and what is asked of it."""

    model_config = ConfigDict(extra="forbid")

    file: str | None = Field(
        None,
        description="Name of the CSV file in memory; without it, the one that the directive names or the only one.",
    )
    question: str | None = Field(
        None,
        description="What to compute, in plain English, such as 'total sales by region' or 'which month had the most "
        "rain'; without it the table is described and summarised.",
    )


@action(
    "data/describe_table",
    description=(
        "Read a table (CSV, TSV or other delimited data file) and compute over it exactly: totals, sums, averages, "
        "medians, minimum and maximum, counts, shares, highest and lowest, top N, grouped by a column, year or month, "
        "with filters. Answers questions about figures in a data file, such as which group has the largest total or "
        "how many rows there are per category; without a question, describes and summarises the table: columns, types, "
        "totals, groupings."
    ),
    timeout_s=120,
)
class DescribeTable(Action[DescribeTableArgs]):
    """Answers with a line, a small table, and how the question was understood; asks where a column is not clear."""

    async def main(self, node: Node[DescribeTableArgs]) -> ActionOutcome:
        """Find the file and the question, and answer; ask where several files fit."""
        entries = [entry for entry in await node.memory.entries() if entry.layer != "built_in"]
        question = _question(node)
        name = node.args.file or ""
        found = _named(entries, name) if name else _meant(entries, node.directive)
        if not found:
            raise _no_file(name, entries)
        if len(found) > 1 and question:
            found = await _able(node, found, question) or found
        if len(found) > 1:
            names = list(dict.fromkeys(entry.name for entry in found))[:_MAX_CHOICES]
            if not await may_ask(node):
                return Fail("unclear_question", f"Several files fit: {', '.join(names)}. Name one; nobody was asked.")
            node.state["files"] = {entry.name: str(entry.entry_id) for entry in found}
            return Ask(
                Question(f"Which file is meant by “{node.directive[:200]}”?", choices=names), then=self.with_file
            )
        return await self._report(node, str(found[0].entry_id), question)

    async def with_file(self, node: Node[DescribeTableArgs]) -> ActionOutcome:
        """Go on with the file that a person chose."""
        chosen = str(node.answers[0].answer)
        return await self._report(node, node.state["files"][chosen], _question(node))

    async def with_column(self, node: Node[DescribeTableArgs]) -> ActionOutcome:
        """Go on with the column that a person chose."""
        table = await _table(node, node.state["entry"])
        question = str(node.state["question"])
        unclear = plan_question(question, table)
        if isinstance(unclear, NeedsClarification):
            question = with_choice(question, unclear, str(node.answers[0].answer))
        answer = answer_question(question, table)
        if isinstance(answer, NeedsClarification):
            return Fail("unclear_question", answer.message)
        return Finish(answer.text)

    async def _report(self, node: Node[DescribeTableArgs], entry: str, question: str) -> ActionOutcome:
        table = await _table(node, entry)
        if not question:
            return Finish(f"{headline(table)}\n\n{describe(table)}")
        answer = answer_question(question, table)
        if not isinstance(answer, NeedsClarification):
            return Finish(answer.text)
        if 1 < len(answer.choices) <= _MAX_CHOICES and await may_ask(node):
            node.state.update(entry=entry, question=question)
            return Ask(
                Question(f"{answer.message} Which one is it?", choices=list(answer.choices)), then=self.with_column
            )
        return Fail("unclear_question", answer.message)


def _question(node: Node[DescribeTableArgs]) -> str:
    if node.args.question and node.args.question.strip():
        return node.args.question
    return node.directive if asks_for_figures(node.directive) else ""


def _named(entries: Sequence[EntryInfo], name: str) -> list[EntryInfo]:
    """Return the newest entry of that name or path, or of that name but for capitals and ending."""
    low = name.strip().lower().removeprefix("./")
    whole = [e for e in entries if low in (e.name.lower(), e.path.lower(), str(e.entry_id))]
    last = low.rsplit("/", 1)[-1]
    return (whole or [e for e in entries if last in (e.name.lower(), e.name.lower().rsplit(".", 1)[0])])[-1:]


def _meant(entries: Sequence[EntryInfo], directive: str) -> list[EntryInfo]:
    """Return the tables that the directive names, else all."""
    tables = list({entry.name: entry for entry in entries if entry.name.lower().endswith(_ENDINGS)}.values())
    low = directive.lower()
    stems = {entry.name: entry.name.lower().rsplit(".", 1)[0] for entry in tables}
    return (
        [entry for entry in tables if entry.name.lower() in low]
        or [
            entry
            for entry in tables
            if re.search(rf"\b{re.escape(stems[entry.name])}\b", low) and len(stems[entry.name]) > 1
        ]
        or tables
    )


async def _able(node: Node[DescribeTableArgs], entries: Sequence[EntryInfo], question: str) -> list[EntryInfo]:
    """Return the files whose columns fit the question."""
    able = []
    for entry in entries[:_MAX_CHOICES]:
        try:
            table = await _table(node, str(entry.entry_id))
        except ActionError as error:
            node.log.info("not considered: %s (%s)", entry.name, error)
            continue
        if not isinstance(plan_question(question, table), NeedsClarification):
            able.append(entry)
    return able


async def _table(node: Node[DescribeTableArgs], entry: str) -> Table:
    """Read in a thread: a large table takes seconds, and the other actions of this process go on meanwhile."""
    names = {str(info.entry_id): info.name for info in await node.memory.entries()}
    text = await node.memory.read(entry)
    return await asyncio.to_thread(read_table, text, names.get(entry, entry))


def _no_file(name: str, entries: Sequence[EntryInfo]) -> ActionError:
    held = ", ".join(dict.fromkeys(entry.name for entry in entries)) or "none"
    wanted = f"No file {name!r}" if name else "No table (.csv, .tsv, .tab, .psv)"
    return ActionError(
        "no_such_file", f"{wanted} is in this swarm's memory (files: {held}). Attach it with --file PATH."
    )
