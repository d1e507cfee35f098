"""`answer_question`: from question and table to the answer. Rule: beside a figure stands what was understood."""

from dataclasses import dataclass

from pgswarm.actions.data.figures import render
from pgswarm.actions.data.figures.compute import compute, rows_holding
from pgswarm.actions.data.figures.plan import Plan
from pgswarm.actions.data.questions.planner import NeedsClarification, plan_questions
from pgswarm.actions.data.tables.values import Kind, Table

_MAX_ROWS = 3
_MAX_LABELS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """`line` answers in one sentence, `text` is the whole answer with its tables, in Markdown."""

    line: str
    text: str
    plans: tuple[Plan, ...]


def answer_question(question: str, table: Table) -> Answer | NeedsClarification:
    """Return the figures that `question` asks of `table`, or what is not clear about it."""
    plans = plan_questions(question, table)
    if isinstance(plans, NeedsClarification):
        return plans
    lines, parts = [], []
    for plan in plans:
        line = _line(plan, table)
        lines.append(line)
        result = compute(plan, table)
        parts += [line, render.result_table(result, table), f"Understood as: {plan.understood} ({table.name})."]
        if plan.also is not None:
            parts.append(f"Over all years: {_line(plan.also, table)}")
    parts += [f"Note: {note}" for note in table.notes]
    return Answer(" ".join(lines), "\n\n".join(part for part in parts if part), tuple(plans))


def where_found(plan: Plan, table: Table) -> str:
    """Say in which rows a single highest or lowest value stands; '' for other figures."""
    rows = rows_holding(plan, table)
    if not rows or len(rows) > _MAX_ROWS:
        return ""
    labels = [c for c in table.columns if c.temporal or c.kind is Kind.TEXT][:_MAX_LABELS]
    found = [", ".join(f"{c.name} {render.cell(c.values[row])}" for c in labels) for row in rows]
    return f" It stands in the row of {' and of '.join(found)}." if labels else ""


def _line(plan: Plan, table: Table) -> str:
    line = render.sentence(compute(plan, table), table) + where_found(plan, table)
    if plan.unused:
        words = ", ".join(plan.unused)
        line += f" ({words}: in no column and no cell of {table.name}, so that it chose no rows.)"
    return line
