"""Tables from CSV files, figures from tables, and questions in plain English. Rule: pure; no model, no database."""

from pgswarm.actions.data.answer import Answer, answer_question
from pgswarm.actions.data.figures.compute import compute
from pgswarm.actions.data.figures.describe import describe
from pgswarm.actions.data.figures.plan import Plan
from pgswarm.actions.data.questions.planner import (
    NeedsClarification,
    asks_for_figures,
    plan_question,
    plan_questions,
    with_choice,
)
from pgswarm.actions.data.tables.limits import TableError
from pgswarm.actions.data.tables.reader import read_table
from pgswarm.actions.data.tables.values import Column, Kind, Table

__all__ = [
    "Answer",
    "Column",
    "Kind",
    "NeedsClarification",
    "Plan",
    "Table",
    "TableError",
    "answer_question",
    "asks_for_figures",
    "compute",
    "describe",
    "plan_question",
    "plan_questions",
    "read_table",
    "with_choice",
]
