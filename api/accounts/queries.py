"""The SQL of accounts. Changes go through the database's verbs; hashes go in, and come out for a login only."""

import hashlib
import secrets
from typing import Any, Final
from uuid import UUID

from psycopg.rows import DictRow

from pgswarm.api.database import Conn

_CREATE: Final = "select pgswarm.create_account(username => %(username)s, password_hash => %(hash)s) as account_id"
_ACCOUNT: Final = """
select account_id, username, role, disabled, created_at from pgswarm.account where account_id = %(account_id)s
"""
_ACCOUNTS: Final = """
select account_id, username, role, disabled, created_at from pgswarm.account
 where (%(admin)s or account_id = %(account)s) and (%(after)s::uuid is null or account_id > %(after)s)
 order by account_id
 limit %(limit)s
"""
_SET: Final = """
select pgswarm.set_account(account_id => %(account_id)s, role => %(role)s, disabled => %(disabled)s)
"""
_CREDENTIALS: Final = """
select account_id, username, password_hash, role, disabled from pgswarm.find_credentials(username => %(username)s)
"""
_CHANGE: Final = """
select pgswarm.change_password(account_id => %(account_id)s, password_hash => %(hash)s, keep_token_id => %(token_id)s)
"""
_ISSUE: Final = """
select token_id, expires_at
  from pgswarm.issue_token(account_id => %(account_id)s, token_hash => %(hash)s, lifetime_s => %(lifetime_s)s,
                           label => %(label)s)
"""
_REVOKE: Final = "select pgswarm.revoke_token(token_id => %(token_id)s)"
_TOKENS: Final = """
select token_id, label, created_at, expires_at, revoked_at from pgswarm.api_token
 where account_id = %(account)s
   and (%(before_id)s::uuid is null or (created_at, token_id) < (%(before)s::timestamptz, %(before_id)s))
 order by created_at desc, token_id desc
 limit %(limit)s
"""
_WAIT: Final = "select pgswarm.login_wait(username => %(username)s, address => %(address)s) as wait_s"
_FAILED: Final = "select pgswarm.login_failed(username => %(username)s, address => %(address)s) as wait_s"
_SUCCEEDED: Final = "select pgswarm.login_succeeded(username => %(username)s, address => %(address)s)"

TOKEN_BYTES: Final = 32


async def create(conn: Conn, username: str, password_hash: str) -> UUID:
    """Make a user's account; return its id. A name that is taken is PS409."""
    return UUID(str((await _one(conn, _CREATE, username=username, hash=password_hash))["account_id"]))


async def account(conn: Conn, account_id: UUID) -> DictRow | None:
    """Return an account that the caller may see."""
    return await (await conn.execute(_ACCOUNT, {"account_id": account_id})).fetchone()


async def accounts(conn: Conn, **asked: Any) -> list[DictRow]:
    """Return a page of the accounts that the caller may see."""
    return await (await conn.execute(_ACCOUNTS, asked)).fetchall()


async def set_account(conn: Conn, account_id: UUID, role: str | None, disabled: bool | None) -> None:  # noqa: FBT001 - a column
    """Change an account; for admins."""
    await conn.execute(_SET, {"account_id": account_id, "role": role, "disabled": disabled})


async def credentials(conn: Conn, username: str) -> DictRow | None:
    """Return what a login is checked against."""
    return await (await conn.execute(_CREDENTIALS, {"username": username})).fetchone()


async def change_password(conn: Conn, account_id: UUID, password_hash: str, token_id: UUID | None) -> None:
    """Keep a new hash; every token but one ends."""
    await conn.execute(_CHANGE, {"account_id": account_id, "hash": password_hash, "token_id": token_id})


async def issue(conn: Conn, account_id: UUID, lifetime_s: float, label: str, token: str | None = None) -> DictRow:
    """Keep a token, by default a random one; return it with its id and its end. The database has its hash alone."""
    token = token or secrets.token_urlsafe(TOKEN_BYTES)
    kept = hashlib.sha256(token.encode()).digest()
    row = await _one(conn, _ISSUE, account_id=account_id, hash=kept, lifetime_s=lifetime_s, label=label)
    return {"access_token": token, **row}


async def revoke(conn: Conn, token_id: UUID) -> None:
    """End a token; one that is not known, or another's, is PS404."""
    await conn.execute(_REVOKE, {"token_id": token_id})


async def tokens(conn: Conn, **asked: Any) -> list[DictRow]:
    """Return a page of an account's tokens, newest first."""
    return await (await conn.execute(_TOKENS, asked)).fetchall()


async def wait_s(conn: Conn, username: str, address: str) -> float:
    """Return for how many seconds a login is refused; 0: it may try."""
    return float((await _one(conn, _WAIT, username=username, address=address))["wait_s"])


async def failed(conn: Conn, username: str, address: str) -> None:
    """Count a failed login."""
    await conn.execute(_FAILED, {"username": username, "address": address})


async def succeeded(conn: Conn, username: str, address: str) -> None:
    """Forget the failed logins before this one."""
    await conn.execute(_SUCCEEDED, {"username": username, "address": address})


async def _one(conn: Conn, query: str, **parameters: Any) -> DictRow:
    (row,) = await (await conn.execute(query.encode(), parameters)).fetchall()
    return row
