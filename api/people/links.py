"""Answer links: whoever has the address answers one question, once, without an account: a webhook, an e-mail.

Rule: the token is shown to its maker this once, and only its hash is kept. It stands in no event and no log; see
`pgswarm.api.secrets`. Looking at a link uses nothing up.
"""

import hashlib
import secrets
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query, Request
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey
from pgswarm.api.people import queries
from pgswarm.api.people.models import Link, LinkAnswered, LinkedQuestion, MadeLink, MakeLink
from pgswarm.api.people.questions import check_whole, too_late
from pgswarm.api.problems import Problem, not_found, problems
from pgswarm.api.secrets import ANSWERS

router = APIRouter(tags=["answer links"])

TOKEN_BYTES = 32
Token = Annotated[str, Path(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$", description="Of the link.")]


@router.post(
    "/v1/questions/{question_id}/links", status_code=201, responses=problems(404, 409), summary="Make an answer link"
)
async def make_link(
    question_id: UUID, wanted: MakeLink, caller: Caller, database: Db, request: Request, *, key: IdempotencyKey = None
) -> MadeLink:
    """Make a one-use address that answers this question: GET shows it, POST answers it.

    With an `Idempotency-Key` sent again it is the same link under a new address; the one before holds no more, because
    no address is kept that could be shown again.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    async with database.as_account(caller) as conn:
        await queries.question(conn, caller, question_id)
        (made,) = await queries.rows(
            conn,
            queries.MAKE_LINK,
            question_id=question_id,
            hash=_hash(token),
            expires_in_s=wanted.expires_in_s,
            key=key,
        )
    url = str(request.base_url).rstrip("/") + ANSWERS + token
    return MadeLink(url=url, question_id=question_id, **made)


@router.get("/v1/questions/{question_id}/links", responses=problems(404), summary="List a question's answer links")
async def list_links(question_id: UUID, caller: Caller, database: Db) -> list[Link]:
    """List the links that were made for a question, and what has become of each; at most 100 hold at a time."""
    async with database.as_account(caller) as conn:
        await queries.question(conn, caller, question_id)
        rows = await queries.rows(conn, queries.LINKS, question_id=question_id)
    return [Link.model_validate(row) for row in rows]


@router.delete(
    "/v1/questions/{question_id}/links/{link_id}",
    status_code=204,
    responses=problems(404),
    summary="Take back an answer link",
)
async def revoke_link(question_id: UUID, link_id: UUID, caller: Caller, database: Db) -> None:
    """Take back a link: nobody answers by it any more."""
    async with database.as_account(caller) as conn:
        await queries.question(conn, caller, question_id)
        known = await queries.rows(conn, queries.LINKS, question_id=question_id)
        if link_id not in {row["link_id"] for row in known}:
            raise not_found("link_id", link_id, f"see GET /v1/questions/{question_id}/links")
        await queries.rows(conn, queries.REVOKE, link_id=link_id)


@router.get(ANSWERS + "{token}", responses=problems(404), summary="The question behind a link")
async def get_linked_question(token: Token, database: Db) -> LinkedQuestion:
    """Show the question that a link answers. Needs no account, and does not use the link up."""
    async with database.as_system() as conn:
        return LinkedQuestion.model_validate(_known(await queries.rows(conn, queries.LINKED, hash=_hash(token))))


@router.post(ANSWERS + "{token}", responses=problems(404, 409), summary="Answer by a link")
async def answer_by_link(
    token: Token,
    database: Db,
    body: Annotated[Any, Body(description="An object with `answer`.", examples=[{"answer": "blue"}])],
    *,
    whole_body: Annotated[
        bool, Query(description="The whole body is the answer: for a sender whose form cannot be chosen.")
    ] = False,
) -> LinkAnswered:
    """Answer the question, once. Needs no account: the link's maker is who acts."""
    answer = body if whole_body else _answer_in(body)
    async with database.as_system() as conn:
        linked = _known(await queries.rows(conn, queries.LINKED, hash=_hash(token)))
        if linked["status"] == "open":
            check_whole(linked, answer)
        await queries.value(conn, queries.ANSWER_LINK, hash=_hash(token), answer=Jsonb(answer))
        (linked,) = await queries.rows(conn, queries.LINKED, hash=_hash(token))
        same = await queries.value(conn, queries.SAME, one=Jsonb(answer), other=Jsonb(linked["answer"]))
    if linked["status"] != "used" or not same:
        raise too_late(linked["status"])
    return LinkAnswered(answered_at=linked["answered_at"])


def _answer_in(body: Any) -> Any:
    if not isinstance(body, dict) or "answer" not in body:
        raise Problem(422, detail="answer is missing", field="answer", remedy='send {"answer": …}, or ?whole_body=true')
    unknown = sorted(set(body) - {"answer"})
    if unknown:
        raise Problem(
            422, detail=f"{unknown[0]} is not known", field=unknown[0], remedy="leave it out, or ?whole_body=true"
        )
    return body["answer"]


def _known(found: list[DictRow]) -> DictRow:
    if not found:
        raise Problem(404, detail="the link is not known", field="token", remedy="ask for a new one")
    return found[0]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
