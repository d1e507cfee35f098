"""`/v1/conversations`: swarms that belong together, with a title, what was said in them, and an end.

Rule: a swarm joins by the `conversation_id` that it is started with, which may be of the caller's choice; after the end
none joins.
"""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from psycopg.rows import DictRow
from starlette.responses import Response

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import seen_by
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.people import queries
from pgswarm.api.people.models import BeginConversation, Conversation, RenameConversation, Said
from pgswarm.api.problems import problems

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@router.post("", status_code=201, response_model=Conversation, responses=problems(404, 409), summary="Begin one")
async def begin_conversation(
    wanted: BeginConversation, caller: Caller, database: Db, request: Request, key: IdempotencyKey = None
) -> Response:
    """Begin a conversation. The same id again is the same conversation."""
    async with database.as_account(caller) as conn:

        async def act() -> Conversation:
            begun = await queries.value(conn, queries.BEGIN, **wanted.model_dump(), owner=caller.account_id)
            return Conversation.model_validate(await queries.conversation(conn, caller, begun))

        return await once(conn, caller, request, key=key, body=wanted.model_dump(mode="json"), act=act)


@router.get("", summary="List conversations, newest first")
async def list_conversations(
    caller: Caller, database: Db, *, limit: Limit = 50, cursor: Cursor = None
) -> Page[Conversation]:
    """List the caller's conversations, newest first. An administrator sees everybody's."""
    at, after = decode_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    async with database.as_account(caller) as conn:
        rows = await queries.rows(conn, queries.CONVERSATIONS, **seen_by(caller), at=at, after=after, limit=limit + 1)
    items, next_cursor = page_of(rows, limit, _cursor)
    return Page(items=[Conversation.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{conversation_id}", responses=problems(404), summary="Open a conversation")
async def get_conversation(conversation_id: UUID, caller: Caller, database: Db) -> Conversation:
    """Open a conversation: its title, how many swarms it has, how many questions are open."""
    async with database.as_account(caller) as conn:
        return Conversation.model_validate(await queries.conversation(conn, caller, conversation_id))


@router.patch("/{conversation_id}", responses=problems(404), summary="Give it another title")
async def rename_conversation(
    conversation_id: UUID, wanted: RenameConversation, caller: Caller, database: Db
) -> Conversation:
    """Give a conversation another title."""
    async with database.as_account(caller) as conn:
        await queries.conversation(conn, caller, conversation_id)
        await queries.rows(conn, queries.RENAME, conversation_id=conversation_id, title=wanted.title)
        return Conversation.model_validate(await queries.conversation(conn, caller, conversation_id))


@router.post("/{conversation_id}/end", responses=problems(404), summary="End a conversation")
async def end_conversation(conversation_id: UUID, caller: Caller, database: Db) -> Conversation:
    """End a conversation: no swarm joins it any more. Those that run go on, and their questions can be answered."""
    async with database.as_account(caller) as conn:
        await queries.conversation(conn, caller, conversation_id)
        await queries.rows(conn, queries.END, conversation_id=conversation_id)
        return Conversation.model_validate(await queries.conversation(conn, caller, conversation_id))


@router.get("/{conversation_id}/history", responses=problems(404), summary="What was said in a conversation")
async def get_conversation_history(
    conversation_id: UUID, caller: Caller, database: Db, *, limit: Limit = 100, cursor: Cursor = None
) -> Page[Said]:
    """List goals, questions, answers, messages and reports of all swarms of a conversation, the oldest first."""
    at, rank, after = (None, 0, None)
    if cursor:
        at, rank, after = decode_cursor(cursor, datetime.fromisoformat, _rank, UUID)
    async with database.as_account(caller) as conn:
        await queries.conversation(conn, caller, conversation_id)
        rows = await queries.rows(
            conn, queries.HISTORY, conversation_id=conversation_id, at=at, rank=rank, after=after, limit=limit + 1
        )
    items, next_cursor = page_of(rows, limit, _place)
    return Page(items=[Said.model_validate(row) for row in items], next_cursor=next_cursor)


def _rank(key: str | float) -> int:
    return min(max(int(key), 0), 9)


def _cursor(row: DictRow) -> str:
    return encode_cursor(row["created_at"].isoformat(), str(row["conversation_id"]))


def _place(row: DictRow) -> str:
    return encode_cursor(row["at"].isoformat(), row["rank"], str(row["item_id"]))
