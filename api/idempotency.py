"""`Idempotency-Key`: a POST that creates something does so once, however often it is sent.

Rule: what it did and the answer that it gave are kept in one transaction, so that there is no moment in which one is
known without the other. The key is the account's own; it is remembered for a day.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import Header, Request
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel
from starlette.responses import Response

from pgswarm.api.database import Conn
from pgswarm.api.principal import Principal

LONGEST_KEY: Final = 200

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        pattern=r"^[!-~]+$",
        description="The caller's name for this request: sent again, it has no second effect and the same answer.",
        examples=["order-2041"],
    ),
]
REPLAYED: Final = {"Idempotency-Replayed": "true"}
_BEGIN: Final = """
select status, response
  from pgswarm.begin_request(account_id => %(account)s, key => %(key)s, request_hash => %(hash)s)
"""
_END: Final = """
select pgswarm.end_request(account_id => %(account)s, key => %(key)s, request_hash => %(hash)s, status => %(status)s,
                           response => %(response)s)
"""


def request_hash(request: Request, body: Any) -> str:
    """Return what tells two requests apart: method, path, and the body as it was understood."""
    asked = [request.method, request.url.path, jsonable_encoder(body)]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


async def once(
    conn: Conn,
    caller: Principal,
    request: Request,
    *,
    key: str | None,
    body: Any,
    act: Callable[[], Awaitable[BaseModel]],
    status: int = 201,
) -> Response:
    """Return the answer to a POST: the one that was kept for `key`, or what `act` gives, which is then kept.

    `act` works on `conn`, whose transaction is the caller's; what it raises is kept for nobody.
    """
    if key is not None:
        known = await recall(conn, caller, request, key=key, body=body)
        if known is not None:
            return answer(known, status, REPLAYED)
    content = (await act()).model_dump_json()
    if key is not None:
        await keep(conn, caller, request, key=key, body=body, content=content, status=status)
    return answer(content, status)


async def recall(conn: Conn, caller: Principal, request: Request, *, key: str, body: Any) -> str | None:
    """Return what was kept for this request; None: it is the first, and equal ones wait for the end of the transaction.

    The same key for another request is PS409.
    """
    named = {"account": caller.account_id, "key": key, "hash": request_hash(request, body)}
    known = await (await conn.execute(_BEGIN, named)).fetchone()
    return None if known is None else str(known["response"])


async def keep(
    conn: Conn, caller: Principal, request: Request, *, key: str, body: Any, content: str, status: int = 201
) -> None:
    """Keep `content` for this request, in the transaction of what it did. No secret may be in it."""
    named = {"account": caller.account_id, "key": key, "hash": request_hash(request, body)}
    await conn.execute(_END, {**named, "status": status, "response": content})


def answer(content: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """Return a response whose body is `content`, byte for byte."""
    return Response(content, status, headers, media_type="application/json")
