"""The application over real HTTP: a stream cannot be tested without a socket."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from pgswarm.api.events.hub import Hub
from pgswarm.api.events.settings import Limits
from support.api import Account, Api
from support.database import Database
from support.streams import SHORT, Stream, serving


class Live:
    """The application and the port that it serves on."""

    def __init__(self, api: Api, port: int) -> None:
        self.api = api
        self.port = port
        self.streams: list[Stream] = []

    @property
    def hub(self) -> Hub:
        hub: Hub = self.api.app.state.hub
        return hub

    async def get(self, path: str, account: Account | None = None, **headers: str) -> Stream:
        """Open a stream as an account; `headers` with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        stream = await Stream.open(self.port, path, {**(account.headers if account else {}), **sent})
        self.streams.append(stream)
        return stream

    async def watch(self, swarm_id: UUID, query: str = "", account: Account | None = None, **headers: str) -> Stream:
        """Watch a swarm, as its owner unless another is named."""
        return await self.get(f"/v1/swarms/{swarm_id}/events{query}", account or self.api.anna, **headers)


@pytest.fixture
def limits(request: pytest.FixtureRequest) -> Limits:
    """Those of the hub; a test names others by `indirect` parameters."""
    found: Limits = getattr(request, "param", SHORT)
    return found


@pytest.fixture
async def live(db: Database, limits: Limits) -> AsyncIterator[Live]:
    """The application, served on the test's own database."""
    api = Api(db)
    api.app.state.hub = Hub(api.settings, limits)
    async with serving(api.app) as port:
        made = Live(api, port)
        try:
            yield made
        finally:
            for stream in made.streams:
                stream.cut()
