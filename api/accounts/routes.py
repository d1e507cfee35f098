"""`/v1/auth`: sign up, log in and out, who one is, one's password and tokens. `/v1/accounts`: for admins."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from psycopg import Error

from pgswarm.api.accounts import queries
from pgswarm.api.accounts.login import address_of, check_password, normal_username
from pgswarm.api.accounts.models import (
    AccessToken,
    Account,
    ChangeAccount,
    ChangePassword,
    Login,
    Me,
    NewToken,
    Signup,
    Token,
)
from pgswarm.api.accounts.origins import comes_from_us
from pgswarm.api.accounts.passwords import Passwords
from pgswarm.api.accounts.repeats import KEY, issue_once, signed_up_before
from pgswarm.api.dependencies import COOKIE, Caller, Db, Settings, other_page
from pgswarm.api.idempotency import IdempotencyKey, answer, keep
from pgswarm.api.ownership import seen_by
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.principal import Principal
from pgswarm.api.problems import Problem, not_found, problems
from pgswarm.schema.errors import ConflictError

router = APIRouter(tags=["accounts"])

LONGEST_LABEL: Final = 200


def get_passwords(request: Request) -> Passwords:
    """Return the app's turns at passwords."""
    passwords: Passwords = request.app.state.passwords
    return passwords


Turns = Annotated[Passwords, Depends(get_passwords)]


@router.post(
    "/v1/auth/signup",
    status_code=201,
    response_model=Account,
    responses=problems(403, 409, 429),
    summary="Make an account",
)
async def signup(
    wanted: Signup, request: Request, database: Db, settings: Settings, *, passwords: Turns, key: IdempotencyKey = None
) -> Response:
    """Make an account. 403 where the operator has closed it, 409 where the name is taken.

    With an `Idempotency-Key` sent again, and the same password, the answer is that of the first time; a wrong password
    counts as a failed login (429).
    """
    if comes_from_us(request.headers) is False:
        raise other_page()
    if settings.closed_signup:
        raise Problem(403, "signup-closed", detail="nobody can sign up here", remedy="ask the operator for an account")
    username = normal_username(wanted.username)
    async with passwords.turn():
        kept = await passwords.hash(wanted.password)
    try:
        async with database.as_system() as conn:
            me = Principal(await queries.create(conn, username, kept), username, "user")
            await database.go_on_as(conn, me)
            content = Account.model_validate(await queries.account(conn, me.account_id)).model_dump_json()
            if key is not None:
                await keep(conn, me, request, key=key, body=username, content=content)
            return answer(content, 201)
    except Error as error:
        if key is None or error.sqlstate != ConflictError.sqlstate:
            raise
        before = await signed_up_before(database, passwords, request, key=key, wanted=wanted, username=username)
        if before is None:
            raise
        return before


@router.post("/v1/auth/login", responses=problems(401, 403, 429), summary="Log in")
async def login(
    wanted: Login, request: Request, response: Response, database: Db, *, settings: Settings, passwords: Turns
) -> AccessToken:
    """Give a token for a password, and set it as a cookie for browsers. 429 after many failures: see Retry-After."""
    if KEY in request.headers:
        raise Problem(
            422,
            detail="a login takes no Idempotency-Key: each gives a token of its own, and what is not used expires",
            field=KEY,
            remedy="leave it out; POST /v1/auth/tokens takes one",
        )
    if comes_from_us(request.headers) is False:
        raise other_page()
    found = await check_password(
        database, passwords, username=wanted.username, password=wanted.password, address=address_of(request)
    )
    me = Principal(found["account_id"], found["username"], found["role"])
    label = f"login {request.headers.get('user-agent', '')}".strip()[:LONGEST_LABEL].replace("\0", "")
    async with database.as_account(me) as conn:
        token = AccessToken.model_validate(await queries.issue(conn, me.account_id, settings.token_lifetime_s, label))
    response.set_cookie(
        COOKIE,
        token.access_token,
        max_age=int(settings.token_lifetime_s),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return token


@router.post("/v1/auth/logout", status_code=204, responses=problems(403), summary="Log out")
async def logout(caller: Caller, request: Request, response: Response, database: Db) -> None:
    """End the token that this request carries."""
    if caller.token_id is not None:
        async with database.as_account(caller) as conn:
            await queries.revoke(conn, caller.token_id)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=request.url.scheme == "https")


@router.get("/v1/auth/me", summary="Who one is")
async def me(caller: Caller) -> Me:
    """Say which account this request is made by."""
    return Me.model_validate(caller, from_attributes=True)


@router.post("/v1/auth/password", status_code=204, responses=problems(403, 429), summary="Change one's password")
async def change_password(
    wanted: ChangePassword, caller: Caller, request: Request, database: Db, passwords: Turns
) -> None:
    """Change the password. Every other token of the account ends."""
    try:
        await check_password(
            database,
            passwords,
            username=caller.username,
            password=wanted.current_password,
            address=address_of(request),
        )
    except Problem as problem:
        if problem.document.status != 401:  # noqa: PLR2004 - the caller is known; it is the field that is wrong
            raise
        raise Problem(
            403, "wrong-password", detail="current_password is wrong", field="current_password", remedy="correct it"
        ) from None
    async with passwords.turn():
        kept = await passwords.hash(wanted.new_password)
    async with database.as_account(caller) as conn:
        await queries.change_password(conn, caller.account_id, kept, caller.token_id)


@router.get("/v1/auth/tokens", summary="List one's tokens, newest first")
async def list_tokens(caller: Caller, database: Db, *, limit: Limit = 50, cursor: Cursor = None) -> Page[Token]:
    """List the account's tokens, those that have ended in the last month too. The tokens themselves are not kept."""
    before, before_id = decode_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    async with database.as_account(caller) as conn:
        rows = await queries.tokens(
            conn, account=caller.account_id, before=before, before_id=before_id, limit=limit + 1
        )
    items, next_cursor = page_of(
        rows, limit, lambda row: encode_cursor(row["created_at"].isoformat(), str(row["token_id"]))
    )
    return Page(items=[Token.model_validate(row) for row in items], next_cursor=next_cursor)


@router.post(
    "/v1/auth/tokens",
    status_code=201,
    response_model=AccessToken,
    responses=problems(403, 409),
    summary="Make a token for a program",
)
async def create_token(
    wanted: NewToken, caller: Caller, database: Db, settings: Settings, *, request: Request, key: IdempotencyKey = None
) -> Response:
    """Make a further token of the account. It is shown this once, and again to who repeats the request with its key.

    That must be with the same `Authorization`: the new token is made of it, and is kept nowhere.
    """
    lifetime_s = settings.token_lifetime_s if wanted.lifetime_s is None else wanted.lifetime_s
    async with database.as_account(caller) as conn:
        if key is not None:
            return await issue_once(conn, caller, request, key=key, wanted=wanted, lifetime_s=lifetime_s)
        made = AccessToken.model_validate(await queries.issue(conn, caller.account_id, lifetime_s, wanted.label))
    return answer(made.model_dump_json(), 201)


@router.delete(
    "/v1/auth/tokens/{token_id}", status_code=204, responses=problems(403, 404), summary="End one of one's tokens"
)
async def revoke_token(token_id: UUID, caller: Caller, database: Db) -> None:
    """End a token of the account: who uses it is refused from now on. One that has ended already stays so."""
    async with database.as_account(caller) as conn:
        await queries.revoke(conn, token_id)


@router.get("/v1/accounts", summary="List accounts")
async def list_accounts(caller: Caller, database: Db, *, limit: Limit = 50, cursor: Cursor = None) -> Page[Account]:
    """List all accounts to an admin, to a user its own."""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    async with database.as_account(caller) as conn:
        rows = await queries.accounts(conn, **seen_by(caller), after=after, limit=limit + 1)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["account_id"])))
    return Page(items=[Account.model_validate(row) for row in items], next_cursor=next_cursor)


@router.patch("/v1/accounts/{account_id}", responses=problems(403, 404), summary="Change an account (admins)")
async def change_account(account_id: UUID, wanted: ChangeAccount, caller: Caller, database: Db) -> Account:
    """Give an account another role, or disable it: every token of it ends at once."""
    async with database.as_account(caller) as conn:
        await queries.set_account(conn, account_id, wanted.role, wanted.disabled)
        row = await queries.account(conn, account_id)
    if row is None:
        raise not_found("account_id", account_id, "see GET /v1/accounts")
    return Account.model_validate(row)
