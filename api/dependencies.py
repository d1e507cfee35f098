"""What routes ask for by name: the database, and who calls.

Rule: a route that takes `Caller` has an account that showed a valid token; everything else is 401.
"""

import hashlib
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from pgswarm.api.database import Conn, Database
from pgswarm.api.principal import Principal
from pgswarm.api.problems import Problem
from pgswarm.api.settings import ApiSettings

BEARER: Final = HTTPBearer(auto_error=False, description="A token of `POST /v1/auth/login`.")
LONGEST_TOKEN: Final = 512
_RESOLVE: Final = """
select a.account_id, a.username, a.role, t.token_id
  from pgswarm.api_token t
  join pgswarm.account a on a.account_id = t.account_id
 where t.token_hash = %(hash)s and t.revoked_at is null and not a.disabled
   and (t.expires_at is null or t.expires_at > pgswarm.clock())
"""


def hash_token(token: str) -> bytes:
    """Return what the database keeps of a token: its SHA-256. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


async def resolve_token(conn: Conn, token: str) -> Principal | None:
    """Return the account of a token that is valid now; None for any other."""
    if not 0 < len(token) <= LONGEST_TOKEN:
        return None
    found = await (await conn.execute(_RESOLVE, {"hash": hash_token(token)})).fetchone()
    return None if found is None else Principal(**found)


def get_database(request: Request) -> Database:
    """Return the app's database."""
    database: Database = request.app.state.database
    return database


def get_settings(request: Request) -> ApiSettings:
    """Return the app's settings."""
    settings: ApiSettings = request.app.state.settings
    return settings


Db = Annotated[Database, Depends(get_database)]
Settings = Annotated[ApiSettings, Depends(get_settings)]


async def get_caller(
    database: Db, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> Principal:
    """Return who calls; raise 401 where no valid token says so."""
    if credentials is not None:
        async with database.as_system() as conn:
            found = await resolve_token(conn, credentials.credentials)
        if found is not None:
            return found
    raise unauthenticated("the token is not valid, or not valid any more" if credentials else "no token was sent")


def unauthenticated(detail: str) -> Problem:
    """Return the answer to a caller who did not show who they are."""
    return Problem(
        401,
        detail=detail,
        field="Authorization",
        remedy="send `Authorization: Bearer <access_token>` of POST /v1/auth/login",
        headers={"WWW-Authenticate": "Bearer"},
    )


Caller = Annotated[Principal, Depends(get_caller)]
