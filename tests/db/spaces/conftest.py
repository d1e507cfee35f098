"""What tests of the router need: nodes of one swarm on a real database, with a model that the test says."""

from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest

from support.database import Database
from support.stage import CountingSide, Says, Stage
from support.tree import load_built_in_actions
from support.verbs import register, start

OpenStage = Callable[..., Stage]


@pytest.fixture
async def stage(db: Database) -> AsyncIterator[OpenStage]:
    """Makes a node of one swarm: by what a model says, and a directive."""
    load_built_in_actions()
    register(db.conn)
    swarm_id = start(db.conn)
    side = CountingSide(db.url)

    def make(says: Says, directive: str = "", swarm: UUID | None = None) -> Stage:
        return Stage(side, swarm or swarm_id, says, directive)

    yield make
    await side.close()
