"""A client of a little model server on loopback."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from pgswarm.actions.models import ModelClient, ModelSettings
from support.model_server import Connect, ModelServer


@pytest.fixture
def server() -> Iterator[ModelServer]:
    made = ModelServer()
    yield made
    made.close()


@pytest.fixture
async def connect(server: ModelServer) -> AsyncIterator[Connect]:
    """Make a client of the server; pauses are tiny, other settings as given."""
    clients: list[ModelClient] = []

    def make(**settings: Any) -> ModelClient:
        quick: dict[str, Any] = {"base_url": server.url, "model": "m", "backoff_s": 0.001, "tries": 3}
        clients.append(ModelClient(ModelSettings(**{**quick, **settings})))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()
