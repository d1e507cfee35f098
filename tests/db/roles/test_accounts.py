"""Accounts and tokens in SQL: who may make, change and see them."""

import hashlib
from uuid import UUID

import pytest

from db.roles.conftest import Owned, be, refused
from support.database import Database
from support.verbs import Conn, call


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def verified(conn: Conn, token: str) -> UUID | None:
    row = conn.execute("select account_id from pgswarm.verify_token(token_hash => %s)", [digest(token)]).fetchone()
    return None if row is None else row["account_id"]


def test_only_an_admin_makes_an_admin(api: Conn, owned: Owned) -> None:
    make = "select pgswarm.create_account(username => 'new', role => 'admin')"
    for account, state in ((None, "PS403"), (owned.other_id, "PS403"), (owned.admin_id, None)):
        be(api, account)
        assert refused(api, make) == state


@pytest.mark.parametrize("name", ["", " ", "a ", "\tb", "a\nb", "x" * 201, None])
def test_name_that_cannot_be_shown_is_refused(api: Conn, owned: Owned, name: str | None) -> None:
    assert owned.swarm_id
    assert refused(api, "select pgswarm.create_account(username => %s)", [name]) == "PS422"


def test_name_is_one_whatever_its_capitals(api: Conn, owned: Owned) -> None:
    assert owned.swarm_id
    assert refused(api, "select pgswarm.create_account(username => 'MINE')") == "PS409"
    found = api.execute("select username from pgswarm.find_credentials(username => 'Mine')").fetchall()
    assert found == [{"username": "mine"}]


def test_token_is_verified_until_it_expires(db: Database, owned: Owned) -> None:
    assert verified(db.conn, "token") == owned.account_id
    assert verified(db.conn, "another") is None
    db.clock.advance(3500)
    assert verified(db.conn, "token") == owned.account_id
    db.clock.advance(101)
    assert verified(db.conn, "token") is None
    db.clock.reset()


def test_token_is_verified_until_it_is_revoked(api: Conn, owned: Owned) -> None:
    be(api, owned.account_id)
    assert call(api, "select pgswarm.revoke_token(token_id => %s)", owned.token_id) is True
    assert call(api, "select pgswarm.revoke_token(token_id => %s)", owned.token_id) is False
    assert verified(api, "token") is None


def test_tokens_of_a_disabled_account_end_and_do_not_come_back(api: Conn, owned: Owned) -> None:
    be(api, owned.admin_id)
    for disabled in (True, False):
        api.execute("select pgswarm.set_account(account_id => %s, disabled => %s)", [owned.account_id, disabled])
        assert verified(api, "token") is None


def test_change_of_password_ends_all_tokens_but_one(api: Conn, owned: Owned) -> None:
    be(api, owned.account_id)
    change = "select pgswarm.change_password(account_id => %s, password_hash => 'h', keep_token_id => %s)"
    api.execute(change, [owned.account_id, owned.token_id])
    assert verified(api, "token") == owned.account_id
    api.execute(change, [owned.account_id, None])
    assert verified(api, "token") is None


@pytest.mark.parametrize(
    ("hashed", "lifetime_s", "label"),
    [(b"short", 60.0, ""), (None, 60.0, ""), (digest("x"), 0.0, ""), (digest("x"), float("nan"), ""),
     (digest("x"), None, ""), (digest("x"), 1e9, ""), (digest("x"), 60.0, "x" * 201)],
)  # fmt: skip
def test_token_that_is_not_one_is_refused(
    api: Conn, owned: Owned, hashed: bytes | None, lifetime_s: float | None, label: str
) -> None:
    be(api, owned.account_id)
    issue = "select pgswarm.issue_token(account_id => %s, token_hash => %s, lifetime_s => %s, label => %s)"
    assert refused(api, issue, [owned.account_id, hashed, lifetime_s, label]) == "PS422"


def test_tokens_that_ended_long_ago_are_forgotten(db: Database, api: Conn, owned: Owned) -> None:
    db.clock.advance(40 * 86_400)
    be(api, owned.account_id)
    issue = "select token_id from pgswarm.issue_token(account_id => %s, token_hash => %s, lifetime_s => 60)"
    made = call(api, issue, owned.account_id, digest("later"))
    db.clock.reset()
    kept = api.execute("select token_id from pgswarm.api_token").fetchall()
    assert kept == [{"token_id": made}]
