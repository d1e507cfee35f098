"""The application: its parts put together.

Rule: `create_app` connects nothing; the lifespan opens what needs opening and closes it again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from pgswarm import __version__
from pgswarm.api import failures, openapi
from pgswarm.api.accounts.passwords import Passwords
from pgswarm.api.accounts.routes import router as accounts
from pgswarm.api.database import Database
from pgswarm.api.dependencies import refuse_unknown_parameters
from pgswarm.api.documentation import router as documentation
from pgswarm.api.events.hub import Hub
from pgswarm.api.events.routes import router as events
from pgswarm.api.files.routes import router as files
from pgswarm.api.health.metrics import Metrics
from pgswarm.api.health.routes import router as health
from pgswarm.api.nodes.routes import router as nodes
from pgswarm.api.people.routes import router as people
from pgswarm.api.requests import Requests
from pgswarm.api.secrets import hide_in_access_log
from pgswarm.api.settings import ApiSettings
from pgswarm.api.spaces.blueprints import router as blueprints
from pgswarm.api.spaces.changes import router as space_changes
from pgswarm.api.spaces.created import router as created
from pgswarm.api.spaces.imports import router as imports
from pgswarm.api.spaces.keep import router as memory
from pgswarm.api.spaces.routes import router as spaces
from pgswarm.api.swarms.routes import router as swarms
from pgswarm.api.time.routes import router as time
from pgswarm.api.workers.routes import router as workers

ROUTERS = (
    accounts,
    swarms,
    time,
    nodes,
    files,
    events,
    people,
    spaces,
    space_changes,
    memory,
    imports,
    blueprints,
    created,
    workers,
    health,
)
"""Every part's routes, in the order of the documentation."""


def create_app(settings: ApiSettings) -> FastAPI:
    """Return the application."""
    app = FastAPI(
        title="pgswarm",
        version=__version__,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(refuse_unknown_parameters)],
    )
    hide_in_access_log()
    app.state.settings = settings
    app.state.database = Database(settings)
    app.state.passwords = Passwords()
    app.state.stopping = asyncio.Event()  # set when the server is told to end: streams close then
    app.state.hub = Hub(settings)
    app.state.metrics = Metrics()
    app.add_middleware(Requests, settings=settings, metrics=app.state.metrics)
    failures.add_handlers(app)
    for router in (*ROUTERS, documentation):
        app.include_router(router)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    database: Database = app.state.database
    hub: Hub = app.state.hub
    openapi.describe(app)  # every request asks it: two that made it at once would hide each other's warnings
    await database.open()
    await hub.open(app.state.stopping)
    try:
        yield
    finally:
        await hub.close()
        await database.close()
