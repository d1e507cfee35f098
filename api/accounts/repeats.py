"""Signing up and making a token with an `Idempotency-Key`: sent again, one effect and the same answer.

Rule: no secret is kept. A token that may have to be said again is made of the token that asks for it and a salt (HMAC,
RFC 2104): the database has the salt and the new token's hash, and neither is worth anything without the one that asked.
Who signs up again shows by the password that it is the same person.
"""

import base64
import hashlib
import hmac
import secrets
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from pgswarm.api.accounts import queries
from pgswarm.api.accounts.login import address_of, check_password
from pgswarm.api.accounts.models import AccessToken, NewToken, Signup
from pgswarm.api.accounts.passwords import Passwords
from pgswarm.api.database import Conn, Database
from pgswarm.api.dependencies import token_of
from pgswarm.api.idempotency import REPLAYED, answer, keep, recall
from pgswarm.api.principal import Principal
from pgswarm.api.problems import Problem

KEY: Final = "Idempotency-Key"
SALT_BYTES: Final = 32


class _Kept(BaseModel):
    """What is kept of a token that was made: all but the token, and whose token asked for it."""

    salt: str
    asked_by: str
    answer: dict[str, Any]


async def issue_once(
    conn: Conn, caller: Principal, request: Request, *, key: str, wanted: NewToken, lifetime_s: float
) -> Response:
    """Make a token, or say again the one that was made for `key`; 409 where another token asks than did then."""
    body = wanted.model_dump()
    known = await recall(conn, caller, request, key=key, body=body)
    if known is not None:
        kept = _Kept.model_validate_json(known)
        if kept.asked_by != str(caller.token_id):
            raise Problem(
                409,
                detail="this Idempotency-Key was used with another of your tokens, and the answer is made of that",
                field=KEY,
                remedy="use a new key, and end the token that you cannot use: see GET /v1/auth/tokens",
            )
        token = _derived(request, bytes.fromhex(kept.salt))
        return answer(AccessToken(access_token=token, **kept.answer).model_dump_json(), HTTPStatus.CREATED, REPLAYED)
    salt = secrets.token_bytes(SALT_BYTES)
    row = await queries.issue(conn, caller.account_id, lifetime_s, wanted.label, _derived(request, salt))
    made = AccessToken.model_validate(row)
    kept = _Kept(
        salt=salt.hex(), asked_by=str(caller.token_id), answer=made.model_dump(mode="json", exclude={"access_token"})
    )
    await keep(conn, caller, request, key=key, body=body, content=kept.model_dump_json())
    return answer(made.model_dump_json(), HTTPStatus.CREATED)


async def signed_up_before(
    database: Database, passwords: Passwords, request: Request, *, key: str, wanted: Signup, username: str
) -> Response | None:
    """Return the answer to the signup that made this account with this key and password; None where none did."""
    try:
        found = await check_password(
            database, passwords, username=username, password=wanted.password, address=address_of(request)
        )
    except Problem as problem:
        if problem.document.status != HTTPStatus.UNAUTHORIZED:
            raise
        return None
    me = Principal(found["account_id"], found["username"], found["role"])
    async with database.as_account(me) as conn:
        known = await recall(conn, me, request, key=key, body=username)
    return None if known is None else answer(known, HTTPStatus.CREATED, REPLAYED)


def _derived(request: Request, salt: bytes) -> str:
    digest = hmac.digest(token_of(request).encode(), b"pgswarm token\0" + salt, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
