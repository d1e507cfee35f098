"""Both clients against the application over real HTTP, by way of a proxy that cuts connections.

`AsyncClient` is driven through `Blocking`, so that each test is written once and holds for both.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from pgswarm.api.events.hub import Hub
from pgswarm.client import AsyncClient, Client, Patience
from support.api import Account, Api
from support.cutting import Proxy, proxied
from support.database import Database
from support.streams import SHORT
from support.threads import Loop, in_thread

SOON = Patience(connect_s=10, answer_s=20, in_all_s=40, silence_s=20, first_pause_s=0.01, longest_pause_s=0.05)


class Blocking:
    """An `AsyncClient` as if it were a `Client`."""

    def __init__(self, client: AsyncClient, loop: Loop) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found

        def call(*args: Any, **named: Any) -> Any:
            if "ask" in named and named["ask"] is not None:
                named["ask"] = _in_its_own_time(named["ask"])
            made = found(*args, **named)
            return self._loop.run(made) if inspect.isawaitable(made) else self._each(made)

        return call

    def _each(self, made: Any) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._loop.run(made.__anext__())
                except StopAsyncIteration:
                    return
        finally:
            self._loop.run(made.aclose())


def _in_its_own_time(ask: Any) -> Any:
    async def answer(question: Any) -> Any:
        return ask(question)

    return answer


class Site:
    """The application, the proxy before it, and clients of one kind."""

    def __init__(self, api: Api, proxy: Proxy, kind: str) -> None:
        self.api = api
        self.db = api.db
        self.proxy = proxy
        self._kind = kind
        self._loop = Loop()
        self._made: list[Any] = []

    def client(self, account: Account | None = None, url: str | None = None, patience: Patience = SOON) -> Any:
        """Return a client that calls as an account, or as nobody."""
        token = account.token if account else None
        address = url or self.proxy.url
        if self._kind == "sync":
            made: Any = Client(address, token, patience=patience)
        else:
            made = Blocking(AsyncClient(address, token, patience=patience), self._loop)
        self._made.append(made)
        return made

    @property
    def anna(self) -> Any:
        """A client of anna's."""
        return self.client(self.api.anna)

    def close(self) -> None:
        for made in self._made:
            made.close()
        self._loop.close()


@pytest.fixture(params=["sync", "async"])
def site(db: Database, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The application, served on the test's own database."""
    api = Api(db)
    api.app.state.hub = Hub(api.settings, SHORT)
    with in_thread(lambda: proxied(api)) as proxy:
        made = Site(api, proxy, request.param)
        try:
            made.anna.me()  # the first request is slow, and opens the pool
            proxy.connections = 0
            yield made
        finally:
            made.close()
