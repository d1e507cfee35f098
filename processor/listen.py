"""Hears that there is work (`pgswarm_work`), so that an idle worker claims at once.

One rule: a notification proves nothing and may be lost; it only wakes, and the poll stands behind it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from pgswarm.processor.connect import LOST, Link, Outage

_LOG = logging.getLogger(__name__)

CHECK_S: Final = 30.0
"""How often a silent connection is asked whether it still lives."""


async def listen(url: str, outage: Outage, wake: Callable[[], None], own_pid: Callable[[], int]) -> None:
    """Call `wake` for every notification that another session sent, and after each reconnection, for ever."""
    link = Link(url, "listen", outage)
    try:
        while True:
            connection = await link.get()
            if not link.direct:
                _LOG.info("a pooler stands before the database: new work is looked for, not heard of")
                await link.close()
                await asyncio.Event().wait()  # for ever: other clients would hear what we listen to
            try:
                await connection.execute("listen pgswarm_work")
                wake()  # what was sent while nobody listened is lost
                while True:
                    async for notification in connection.notifies(timeout=CHECK_S):
                        if notification.pid != own_pid():
                            wake()
                    async with asyncio.timeout(CHECK_S):
                        await connection.execute("select 1")
            except LOST as error:
                await link.lost(error)
    finally:
        await link.close()
