"""The API as its clients use it: a real database, the whole application over HTTP in process, accounts with tokens.

`Api.swarm(owner, state)` makes a swarm in any state by the verbs that a processor and a person call.
"""

import hashlib
import secrets
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal
from uuid import UUID

import httpx2 as httpx
from fastapi import FastAPI
from psycopg.types.json import Jsonb
from starlette.routing import BaseRoute

from pgswarm.api.app import create_app
from pgswarm.api.settings import ApiSettings
from support.database import Database
from support.verbs import Act, Kid, Run, Worker, ask, cancel, fail, finish, pause, register, spawn, start

BASE_URL = "http://api.test"
ROUTE = "swarm/route_action"
IMPORT = "memory/import"
PROBLEM = "application/problem+json"
State = Literal["pending", "running", "waiting_user", "awaiting_children", "succeeded", "failed", "cancelled", "paused"]


@dataclass(frozen=True)
class Account:
    """An account and a token of its."""

    account_id: UUID
    username: str
    role: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What a request of its carries."""
        return {"Authorization": f"Bearer {self.token}"}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document, made once for all applications of a test run: it takes half a second."""
    return create_app(ApiSettings(database_url="postgresql://nowhere/nothing")).openapi()


@cache
def routes() -> list[BaseRoute]:
    """Return the routes that all applications of a test run share: the first request of each makes them anew, 0.1 s."""
    return create_app(ApiSettings(database_url="postgresql://nowhere/nothing")).router.routes


class Api:
    """The application on a test's own database."""

    def __init__(self, db: Database, **settings: Any) -> None:
        """Take the database; `settings` are those of `ApiSettings`."""
        self.db = db
        self.settings = ApiSettings(**{"database_url": db.url, "pool_size": 4, "allowed_hosts": "*", **settings})
        self.app: FastAPI = create_app(self.settings)
        self.app.openapi_schema = document()
        self.app.router.routes = routes()
        register(db.conn)
        db.run(
            "select pgswarm.register_actions(specs => %(specs)s)",
            specs=Jsonb([{"action_id": name} for name in (ROUTE, IMPORT)]),
        )
        self._clients: list[httpx.AsyncClient] = []

    @cached_property
    def anna(self) -> Account:
        """A user."""
        return self.account("anna")

    @cached_property
    def ben(self) -> Account:
        """Another user, to whom nothing of anna's is shown."""
        return self.account("ben")

    @cached_property
    def root(self) -> Account:
        """An administrator."""
        return self.account("root", role="admin")

    def account(self, username: str, role: str = "user") -> Account:
        """Make an account with a token that does not expire."""
        account_id = uuid.uuid4()
        self.db.run(
            "insert into pgswarm.account (account_id, username, role) values (%(id)s, %(name)s, %(role)s)",
            id=account_id, name=username, role=role,
        )  # fmt: skip
        return Account(account_id, username, role, self.token(account_id))

    def token(self, account_id: UUID, *, expires_in_s: float | None = None, revoked: bool = False) -> str:
        """Make a token; a negative `expires_in_s` makes one that has expired."""
        token = secrets.token_urlsafe(32)
        self.db.run(
            "insert into pgswarm.api_token (token_id, account_id, token_hash, expires_at, revoked_at) values"
            " (%(id)s, %(account)s, %(hash)s, now() + make_interval(secs => %(s)s),"
            "  case when %(revoked)s then now() end)",
            id=uuid.uuid4(), account=account_id, hash=hashlib.sha256(token.encode()).digest(), s=expires_in_s,
            revoked=revoked,
        )  # fmt: skip
        return token

    def client(self, account: Account | None = None, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        """Return a client that calls as `account`, or as nobody. It is closed at the end of the test."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url=BASE_URL,
            headers={**(account.headers if account else {}), **(headers or {})},
        )
        self._clients.append(client)
        return client

    @cached_property
    def worker(self) -> Worker:
        """A worker on the test's own connection."""
        return Worker(self.db.conn)

    def swarm(self, owner: Account | None, state: State = "pending", goal: str = "a goal", **options: Any) -> UUID:
        """Make a swarm whose root is in `state` (`paused`: a pending root of a paused swarm)."""
        conn = self.db.conn
        swarm_id = start(conn, goal, owner=owner.account_id if owner else None, **options)
        if state == "pending":
            return swarm_id
        if state == "cancelled":
            cancel(conn, swarm_id)
            return swarm_id
        if state == "paused":
            pause(conn, swarm_id)
            return swarm_id
        run = self.claim(swarm_id)
        acts: dict[str, Act] = {
            "waiting_user": ask(run, "Which colour?", {"prompt": "How many?", "schema": {"type": "integer"}}),
            "awaiting_children": spawn(run, Kid(), Kid(directive="another part")),
            "succeeded": finish(run, "it is done"),
            "failed": fail(run),
        }
        if state in acts:
            self.worker.does(acts[state])
        return swarm_id

    def claim(self, swarm_id: UUID) -> Run:
        """Claim a node of this swarm; what else is claimable is claimed on the way, and stays so."""
        for _ in range(1000):
            (run,) = self.worker.claim(1)
            if run.swarm_id == swarm_id:
                return run
        raise AssertionError(f"nothing of {swarm_id} can be claimed")

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Api"]:
        """Open what the application opens at its start, and close it again."""
        async with self.app.router.lifespan_context(self.app):
            try:
                yield self
            finally:
                for client in self._clients:
                    await client.aclose()


def problem(response: httpx.Response, status: int, slug: str | None = None, field: str | None = None) -> dict[str, Any]:
    """Return the problem document of a response, which must be one of that status (and type, and field)."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["request_id"] == response.headers["x-request-id"]
    assert document["detail"]
    if slug is not None:
        assert document["type"] == f"urn:pgswarm:problem:{slug}"
    if field is not None:
        assert document.get("field") == field, document
    return document
