"""What the connections to the outside offer, asked by a command: with the tokens in the database where need be."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgswarm.actions.outside.offers import Found
    from pgswarm.actions.outside.settings import Connections


def ask(connections: "Connections", url: Callable[[], str]) -> "Found":
    """Ask every connection; `url` gives the database, and is called only where tokens are kept there."""
    kept = any(one.oauth is not None and one.oauth.is_kept for one in connections.mcp.values())
    return asyncio.run(_ask(connections, url() if kept else None))


async def _ask(connections: "Connections", url: str | None) -> "Found":
    from pgswarm.actions.outside.loading import ask_all

    if url is None:
        return await ask_all(connections)
    from pgswarm.processor.vault import DatabaseVault

    vault = DatabaseVault(url)
    try:
        return await ask_all(connections, None, vault)
    finally:
        await vault.close()
