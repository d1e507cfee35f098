"""Starts a processor in this process: discovery, the event loop, and what the end means as an exit code."""

import asyncio
import logging
import os
from importlib import import_module

import psycopg
import uvloop

from pgswarm.actions.base import registry
from pgswarm.actions.discovery import discover
from pgswarm.processor.process import Processor
from pgswarm.processor.settings import Settings

_LOG = logging.getLogger(__name__)

STOPPED, UNREACHABLE = 0, 4
"""Exit codes (DESIGN, "Commands"); an error of the processor's own is a traceback and 1, as Python does it."""


def work(settings: Settings) -> int:
    """Run a processor until it is stopped; return the exit code of its process."""
    for missing in discover():
        _LOG.error("actions of %s (%s) cannot be imported: %s", missing.name, missing.source, missing.reason)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_run(settings))
        except (psycopg.OperationalError, TimeoutError) as error:
            _LOG.critical("the database cannot be reached: %s. Is it up, and is PGSWARM_DATABASE_URL right?", error)
            return UNREACHABLE
        except psycopg.ProgrammingError as error:
            _LOG.critical("the database is not one of this pgswarm: %s. Run: pgswarm migrate", error)
            return UNREACHABLE
    return STOPPED


async def _run(settings: Settings) -> None:
    outside = None
    if os.environ.get("PGSWARM_CONNECTIONS"):  # else nothing of it is imported: most have none, and start the sooner
        outside = await import_module("pgswarm.processor.outside").Outside.connect(registry, settings.database_url)
    try:
        await Processor(settings, registry, outside).run()
    finally:
        if outside is not None:
            await outside.close()
