"""Accounts and their tokens.

Rule: what is not the same when it is sent twice, and takes no idempotency key, is not repeated.
"""

from typing import Any
from uuid import uuid4

from pgswarm.client.calls.parts import Id, ident, listing, nothing, said
from pgswarm.client.models import AccessToken, Account, Token
from pgswarm.client.wire import Call, Listing, encode, reader


def signup(username: str, password: str, key: str | None) -> Call[Account]:
    """Make an account."""
    body = encode({"username": username, "password": password})
    return Call("POST", "/v1/auth/signup", reader(Account), body=body, key=key or str(uuid4()))


def login(username: str, password: str) -> Call[AccessToken]:
    """Get a token. Not repeated once it was sent: failures are counted."""
    body = encode({"username": username, "password": password})
    return Call("POST", "/v1/auth/login", reader(AccessToken), body=body, idempotent=False)


def logout() -> Call[None]:
    """End the token. Not repeated once it was sent: the token may have ended."""
    return Call("POST", "/v1/auth/logout", nothing, idempotent=False)


def me() -> Call[Account]:
    """Ask who calls."""
    return Call("GET", "/v1/auth/me", reader(Account))


def change_password(current: str, new: str) -> Call[None]:
    """Change the password. Not repeated once it was sent: the second time the current one would be another."""
    body = encode({"current_password": current, "new_password": new})
    return Call("POST", "/v1/auth/password", nothing, body=body, idempotent=False)


def tokens() -> Listing[Token]:
    """List tokens."""
    return listing("/v1/auth/tokens", Token, {})


def make_token(label: str, lifetime_s: float | None, key: str | None) -> Call[AccessToken]:
    """Make a token."""
    body = encode({"label": label, "lifetime_s": lifetime_s})
    return Call("POST", "/v1/auth/tokens", reader(AccessToken), body=body, key=key or str(uuid4()))


def end_token(token_id: Id) -> Call[None]:
    """End a token."""
    return Call("DELETE", f"/v1/auth/tokens/{ident('token_id', token_id)}", nothing)


def accounts() -> Listing[Account]:
    """List accounts."""
    return listing("/v1/accounts", Account, {})


def change_account(account_id: Id, role: str | None, *, disabled: bool | None) -> Call[Account]:
    """Give an account another role, or shut it out."""
    given: dict[str, Any] = {**said(role=role), **({} if disabled is None else {"disabled": disabled})}
    return Call("PATCH", f"/v1/accounts/{ident('account_id', account_id)}", reader(Account), body=encode(given))
