"""MCP servers that want OAuth: tokens are had, renewed by one processor at a time, kept sealed, and shown to nobody."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest
from mcp.shared.auth import AuthorizationCodeResult
from psycopg import sql

from pgswarm.actions.outside.errors import UnreachableError
from pgswarm.actions.outside.oauth import holder as holding
from pgswarm.actions.outside.oauth.errors import SignInError
from pgswarm.actions.outside.oauth.holder import Holder
from pgswarm.actions.outside.oauth.login import Person, sign_in
from pgswarm.actions.outside.oauth.sealing import KEY, new_key
from pgswarm.actions.outside.settings import McpSettings
from pgswarm.cli.sign_in.callback import Callback
from pgswarm.processor.vault import DatabaseVault
from support.connections.guarded import CLIENT, SECRET, Guard
from support.connections.serving import listening
from support.connections.worker import PATIENCE, Worker
from support.database import Database
from support.wait import wait_until_async

SIGN_IN = {"grant": "authorization_code"}


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Guard]:
    made = Guard()
    monkeypatch.setenv(KEY, new_key())
    monkeypatch.setenv("VAULT_SECRET", SECRET)
    monkeypatch.setenv("VAULT_REFRESH", made.begin())
    with listening(made.app):
        yield made
        made.gate.set()


@pytest.fixture
def at(guard: Guard, db: Database) -> "At":
    return At(guard, db)


@pytest.fixture
def aged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are never too young to be renewed."""
    monkeypatch.setattr(holding, "YOUNG_S", 0.0)


class At:
    """The guarded server, as a connection of several processors."""

    def __init__(self, guard: Guard, db: Database) -> None:
        self.guard, self.db = guard, db
        self.own = {"client_id": CLIENT, "client_secret": "${VAULT_SECRET}", "issuer": guard.address}
        self.vaults: list[DatabaseVault] = []

    def settings(self, grant: str) -> dict[str, Any]:
        """As a connections file would have it."""
        more = {"refresh_token": "${VAULT_REFRESH}"} if grant == "refresh_token" else {}
        oauth = SIGN_IN if grant == "authorization_code" else {**self.own, **more, "grant": grant}
        return {"url": f"{self.guard.address}/mcp", "oauth": oauth, **PATIENCE}

    def holder(self, grant: str = "refresh_token") -> Holder:
        """One of a processor of its own."""
        settings = McpSettings.model_validate(self.settings(grant))
        assert settings.url is not None
        assert settings.oauth is not None
        self.vaults.append(DatabaseVault(self.db.url))
        return Holder("mcp.vault", settings.url, settings.oauth, self.vaults[-1], 20)

    async def signs_in(self, hear: Any = None) -> None:
        """Have a person sign in, whose browser follows what it is shown."""
        vault, callback = DatabaseVault(self.db.url), Callback("mcp.vault")

        async def show(address: str) -> None:
            async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
                await browser.get(address)

        try:
            redirect = await callback.open(0)
            settings = McpSettings.model_validate(self.settings("authorization_code"))
            await sign_in("vault", settings, vault, Person(redirect, show, hear or callback.hear), 20)
        finally:
            await callback.close()
            await vault.close()

    async def asked(self, times: int) -> None:
        """Wait until the authorization server was asked so often."""

        async def enough() -> bool:
            return len(self.guard.asked) >= times

        await wait_until_async(enough, "it is asked")

    async def close(self) -> None:
        for vault in self.vaults:
            await vault.close()


@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token", "authorization_code"])
async def test_a_tool_is_called_with_a_token_that_stands_nowhere(
    worker: Worker, at: At, grant: str, caplog: pytest.LogCaptureFixture
) -> None:
    if grant == "authorization_code":
        await at.signs_in()
    await worker.connect(mcp={"vault": at.settings(grant)})
    root = await worker.ends("mcp/vault/whoami")
    assert root["report"] == "You came with [secret]."
    assert at.guard.asked == [grant]  # once, for all sessions
    given = [SECRET, *at.guard.access, *at.guard.refresh, *at.guard.used]
    kept = "\n".join(_whole(worker.db))
    sealed = [bytes(row["sealed"]) for row in worker.db.rows("select sealed from pgswarm.sign_in")]
    for secret in given:
        assert secret not in kept
        assert secret.encode().hex() not in kept
        assert not any(secret.encode() in one for one in sealed)
        assert secret not in caplog.text
    assert root["report"] in kept
    assert len(sealed) == (0 if grant == "client_credentials" else 1)


@pytest.mark.usefixtures("aged")
async def test_a_refused_token_is_renewed_and_what_was_asked_is_asked_again(worker: Worker, at: At) -> None:
    await worker.connect(mcp={"vault": at.settings("refresh_token")})
    at.guard.access.clear()
    root = await worker.ends("mcp/vault/whoami")
    assert (root["outcome"], at.guard.asked, at.guard.reused) == ("succeeded", ["refresh_token"] * 2, [])
    await worker.connect(mcp={"vault": at.settings("refresh_token")})  # a later processor takes what is kept
    assert len(at.guard.asked) == 2


@pytest.mark.usefixtures("aged")
async def test_of_many_processors_one_renews_and_all_have_the_token(at: At) -> None:
    await at.holder().token()
    at.guard.gate.clear()
    at.guard.lifetime_s = 3_600
    holders = [at.holder() for _ in range(6)]
    old = next(iter(at.guard.access))
    waiting = [asyncio.create_task(one.token(refused=old)) for one in holders]
    await at.asked(2)
    at.guard.gate.set()
    tokens = set(await asyncio.gather(*waiting))
    assert (len(tokens), len(at.guard.asked), at.guard.reused) == (1, 2, [])
    assert tokens != {old}
    await at.close()


async def test_what_was_given_to_a_node_that_is_cancelled_is_not_lost(at: At) -> None:
    first = at.holder()
    at.guard.gate.clear()
    waiting = asyncio.create_task(first.token())
    await at.asked(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    at.guard.gate.set()
    token = await at.holder().token()
    assert token in at.guard.access
    assert (at.guard.asked, at.guard.reused) == (["refresh_token"], [])
    await at.close()


@pytest.mark.usefixtures("aged")
async def test_a_sign_in_that_is_taken_back_is_asked_for_once_and_names_the_command(worker: Worker, at: At) -> None:
    await at.signs_in()
    await worker.connect(mcp={"vault": at.settings("authorization_code")})
    at.guard.access.clear()
    at.guard.refresh.clear()
    for _ in range(2):
        root = await worker.ends("mcp/vault/whoami")
        assert root["error"]["code"] in {"outside_sign_in", "outside_unreachable"}
        assert "pgswarm outside login vault" in root["error"]["message"]
        assert "\x1b" not in root["error"]["message"]
    assert at.guard.asked == ["authorization_code", "refresh_token"]


async def test_who_has_not_signed_in_is_told_to_and_everything_else_goes_on(worker: Worker, at: At) -> None:
    await worker.connect(mcp={"vault": at.settings("authorization_code"), "desk": {"url": worker.address, **PATIENCE}})
    with pytest.raises(SignInError, match="pgswarm outside login vault"):
        await at.holder("authorization_code").token()
    assert (await worker.ends("mcp/desk/add", {"first": 1, "second": 2}))["report"] == "3"
    assert at.guard.asked == []
    await at.close()


async def test_an_answer_to_another_sign_in_is_refused_and_nothing_is_kept(at: At) -> None:
    async def hear() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code=next(iter(at.guard.codes)), state="another")

    with pytest.raises(SignInError, match="State"):
        await at.signs_in(hear)
    assert at.db.rows("select 1 from pgswarm.sign_in") == []


async def test_tokens_are_opened_by_their_key_for_their_address_alone(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    await at.holder().token()
    monkeypatch.setenv(KEY, f"{new_key()}, {os.environ[KEY]}")  # a new key goes before the one that opens
    assert await at.holder().token() in at.guard.access
    moved = at.holder()
    monkeypatch.setattr(moved, "_url", "https://elsewhere.example/mcp")
    monkeypatch.setattr(moved, "_token_url", f"{at.guard.address}/token")
    with pytest.raises(SignInError, match="another url"):
        await moved.token()
    monkeypatch.setenv(KEY, new_key())
    with pytest.raises(SignInError, match=KEY):
        await at.holder().token()
    assert len(at.guard.asked) == 1
    await at.close()


async def test_a_server_that_refuses_what_it_gave_is_not_asked_for_ever(at: At) -> None:
    one = at.holder("client_credentials")
    token = await one.token()
    with pytest.raises(UnreachableError, match="given just now"):
        await one.token(refused=token)
    assert len(at.guard.asked) == 1
    await at.close()


def test_one_renews_at_a_time_a_dead_one_is_followed_and_a_sign_in_counts_before_both(db: Database) -> None:
    a, b, first, second = ("00000000-0000-0000-0000-00000000000" + digit for digit in "abcd")
    begin = "select pgswarm.begin_renewal('mcp.x', %(v)s, %(r)s, for_s => %(s)s)"
    keep = "select pgswarm.keep_sign_in('mcp.x', 'sealed', %(v)s, renewal => %(r)s)"
    assert db.value(begin, v=None, r=a, s=60) is True
    assert db.value(begin, v=None, r=b, s=60) is False
    assert db.value(begin, v=None, r=a, s=0) is True  # sent again; and this one dies
    assert db.value(begin, v=None, r=b, s=60) is True
    assert db.value(keep, v=first, r=a) is False
    assert db.value(keep, v=first, r=b) is True
    assert db.value(keep, v=first, r=b) is True  # sent again
    assert db.value(begin, v=None, r=a, s=60) is False  # it has changed
    assert db.value(begin, v=first, r=a, s=60) is True
    assert db.value("select pgswarm.keep_sign_in('mcp.x', 'new', %(v)s)", v=second) is True
    assert db.value(keep, v=first, r=a) is False
    assert db.value("select sealed from pgswarm.read_sign_in('mcp.x')") == b"new"
    assert db.value("select pgswarm.forget_sign_in('mcp.x')") is True
    assert db.value("select pgswarm.forget_sign_in('mcp.x')") is False


def _whole(db: Database) -> Iterator[str]:
    """Give every row of every table as text."""
    tables = "select relname from pg_class where relnamespace = 'pgswarm'::regnamespace and relkind = 'r'"
    with db.connect() as conn:
        for table in [row["relname"] for row in db.rows(tables)]:
            found = conn.execute(sql.SQL("select t::text from pgswarm.{} t").format(sql.Identifier(table)))
            yield from (str(row) for row in found)
