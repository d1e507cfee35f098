"""What routes ask for by name: the database, and who calls.

Rule: a route that takes `Caller` has an account that showed a valid token; everything else is 401.
"""

import hashlib
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from pgswarm.api.accounts.origins import may_use_cookie
from pgswarm.api.database import Conn, Database
from pgswarm.api.openapi import describe
from pgswarm.api.principal import Principal
from pgswarm.api.problems import Problem
from pgswarm.api.settings import ApiSettings

BEARER: Final = HTTPBearer(auto_error=False, description="A token of `POST /v1/auth/login`.")
LONGEST_TOKEN: Final = 512
COOKIE: Final = "pgswarm_token"
BY_COOKIE: Final = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    description="Set by `POST /v1/auth/login`, for browsers. Ignored where `Authorization` is sent.",
)
_RESOLVE: Final = "select account_id, username, role, token_id from pgswarm.verify_token(token_hash => %(hash)s)"


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


async def authenticate(connection: HTTPConnection, database: Database) -> Principal:
    """Return who calls, over HTTP or a WebSocket; raise 401 where no valid token says so.

    With `Authorization` present the cookie is ignored. A cookie alone may change things only from a page of ours: 403.
    """
    given = connection.headers.get("authorization")
    token = token_of(connection)
    if given is None and token:
        method = connection.scope.get("method", "GET")
        websocket = connection.scope["type"] == "websocket"
        if not may_use_cookie(method, connection.headers, websocket=websocket):
            raise cross_site()
    if token:
        async with database.as_system() as conn:
            found = await resolve_token(conn, token)
        if found is not None:
            return found
    raise unauthenticated("the token is not valid, or not valid any more" if token or given else "no token was sent")


def token_of(connection: HTTPConnection) -> str:
    """Return the token that a request carries, empty where it has none: in `Authorization`, or else in the cookie."""
    given = connection.headers.get("authorization")
    if given is None:
        return connection.cookies.get(COOKIE, "")
    scheme, _, token = given.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def get_caller(
    request: Request,
    database: Db,
    _header: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    _cookie: Annotated[str | None, Depends(BY_COOKIE)],
) -> Principal:
    """Return who calls; raise 401 where no valid token says so. The last two stand here for the OpenAPI."""
    return await authenticate(request, database)


def unauthenticated(detail: str) -> Problem:
    """Return the answer to a caller who did not show who they are."""
    return Problem(
        401,
        detail=detail,
        field="Authorization",
        remedy="send `Authorization: Bearer <access_token>` of POST /v1/auth/login",
        headers={"WWW-Authenticate": "Bearer"},
    )


async def refuse_unknown_parameters(connection: HTTPConnection) -> None:
    """Raise 422 where the query names what the route does not take: a typing error would else be silently ignored."""
    route, method = connection.scope.get("route"), connection.scope.get("method", "").lower()
    said = describe(connection.app)["paths"].get(getattr(route, "path", ""), {}).get(method)
    if said is not None:  # a WebSocket is in no OpenAPI document
        known = {parameter["name"] for parameter in said.get("parameters", ()) if parameter["in"] == "query"}
        for name in connection.query_params:
            if name not in known:
                takes = ", ".join(sorted(known)) or "none"
                raise Problem(
                    422,
                    "unknown-parameter",
                    detail=f"{name[:100]} is not a parameter of this path",
                    field=name[:100],
                    remedy=f"it takes: {takes}",
                )


def other_page() -> Problem:
    """Return the answer to a page of another site that would sign up or log in whoever looks at it."""
    return Problem(
        403,
        "cross-site",
        detail="a browser signs up and logs in on pages of this address only",
        field="Origin",
        remedy="open the page under the address that it sends this request to, name and port too",
    )


def cross_site() -> Problem:
    """Return the answer to a page of another site that uses a browser's cookie."""
    return Problem(
        403,
        "cross-site",
        detail="a cookie counts only for requests from a page of this address",
        field="Origin",
        remedy="send `Authorization: Bearer <access_token>` in place of the cookie, or X-Requested-With with it",
    )


Caller = Annotated[Principal, Depends(get_caller)]
