"""`/v1/questions`: the inbox over all swarms, and answers.

Rule: the first answer that commits is taken. The same answer of the same account again has no effect and gets the same
response; any other is told that it came too late.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.ownership import seen_by
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.people import queries
from pgswarm.api.people.models import Answered, GiveAnswer, Question
from pgswarm.api.problems import FieldProblem, Problem, problems
from pgswarm.schema.json_schema import misfits

router = APIRouter(prefix="/v1/questions", tags=["questions"])


@router.get("", summary="The inbox: questions of all swarms")
async def list_questions(
    caller: Caller,
    database: Db,
    *,
    is_open: Annotated[bool | None, Query(alias="open", description="Only open ones; false: only others.")] = None,
    swarm_id: Annotated[UUID | None, Query(description="Only those of this swarm.")] = None,
    node_id: Annotated[UUID | None, Query(description="Only those of this node.")] = None,
    conversation_id: Annotated[UUID | None, Query(description="Only those of this conversation.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Question]:
    """List questions, the oldest first. An administrator sees everybody's."""
    at, after = decode_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    asked = {"open": is_open, "swarm_id": swarm_id, "node_id": node_id, "conversation_id": conversation_id}
    async with database.as_account(caller) as conn:
        rows = await queries.rows(
            conn, queries.QUESTIONS, **asked, **seen_by(caller), at=at, after=after, limit=limit + 1
        )
    page, next_cursor = page_of(rows, limit, _cursor)
    return Page(items=[Question.model_validate(row) for row in page], next_cursor=next_cursor)


@router.get("/{question_id}", responses=problems(404), summary="Open a question")
async def get_question(question_id: UUID, caller: Caller, database: Db) -> Question:
    """Open a question: its prompt whole, its schema, and its answer where it has one."""
    async with database.as_account(caller) as conn:
        return Question.model_validate(await queries.question(conn, caller, question_id))


@router.post("/{question_id}/answer", responses=problems(404, 409), summary="Answer a question")
async def answer_question(question_id: UUID, given: GiveAnswer, caller: Caller, database: Db) -> Answered:
    """Answer a question. Its node goes on when all that it asked is answered."""
    async with database.as_account(caller) as conn:
        question = await queries.question(conn, caller, question_id)
        if question["status"] == "open":
            check_whole(question, given.answer)
        result = await queries.value(
            conn, queries.ANSWER, question_id=question_id, answer=Jsonb(given.answer), files=given.files
        )
        question = await queries.question(conn, caller, question_id)
        said = {"answer": Jsonb(given.answer), "by": str(caller.account_id), "files": list(map(str, given.files))}
        same = await queries.value(conn, queries.SAME_ANSWER, question_id=question_id, **said)
    if result != "accepted" and not same:
        raise too_late(question["status"])
    return Answered(question=Question.model_validate(question))


def check_whole(question: DictRow, answer: object) -> None:
    """Raise 422 that names every place where an answer does not fit its question's schema."""
    if question["schema"] is None:
        return
    found = misfits(question["schema"], answer, "answer")
    if found:
        raise Problem(
            422,
            detail=f"{found[0].path}: {found[0].message}",
            field=found[0].path,
            remedy="give an answer that fits the question's schema",
            errors=[FieldProblem(field=misfit.path, message=misfit.message) for misfit in found],
        )


def too_late(status: str) -> Problem:
    """Return what an answer is told that is not taken; `status` is the question's or the link's."""
    why = {
        "answered": ("already-answered", "The question has another answer already", "the first answer was taken"),
        "used": ("already-answered", "The question has another answer already", "the first answer was taken"),
        "expired": ("question-closed", "The question takes no answer any more", "its time is up"),
        "revoked": ("question-closed", "The question takes no answer any more", "the link was taken back"),
    }
    slug, title, detail = why.get(
        status, ("question-closed", "The question takes no answer any more", "whoever asked it has ended")
    )
    return Problem(409, slug, title, detail, field="question_id", remedy="see GET /v1/questions?open=true")


def _cursor(row: DictRow) -> str:
    return encode_cursor(row["asked_at"].isoformat(), str(row["question_id"]))
