"""Asks every configured server and agent what it offers, all at once, and makes actions of it.

One rule: a connection that does not answer costs its own actions only. It is named with what to do, and asked again.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pgswarm.actions.outside.errors import UnreachableError
from pgswarm.actions.outside.oauth.errors import SignInError
from pgswarm.actions.outside.offers import Found, Offer, Unreached
from pgswarm.actions.outside.settings import Connections, ConnectionsError

if TYPE_CHECKING:  # the vault needs a package that only outside connections need
    from pgswarm.actions.outside.oauth.vault import Vault

NOT_INSTALLED: Final = "install what outside connections need: pip install 'pgswarm[outside]'"


def titles(connections: Connections) -> list[str]:
    """Return the connections by their tables in the file."""
    return [*(f"mcp.{name}" for name in connections.mcp), *(f"a2a.{name}" for name in connections.a2a)]


async def ask_all(connections: Connections, only: Sequence[str] | None = None, vault: "Vault | None" = None) -> Found:
    """Return what the connections offer; `only` are those to ask, by their titles. Raises nothing of theirs.

    `vault`: where tokens are kept; without one, connections that need it are left out.
    Takes no longer than twice the longest `connect_timeout_s`: one for the way there, one for the list.
    """
    wanted = titles(connections) if only is None else only
    answers = await asyncio.gather(*(_one(connections, title, vault) for title in wanted))
    return Found(
        tuple(answer for answer in answers if isinstance(answer, Offer)),
        tuple(answer for answer in answers if isinstance(answer, Unreached)),
    )


async def _one(connections: Connections, title: str, vault: "Vault | None") -> Offer | Unreached:
    kind, name = title.split(".", 1)
    settings = connections.mcp[name] if kind == "mcp" else connections.a2a[name]
    within_s = 2 * settings.connect_timeout_s
    try:
        if kind == "mcp":
            offer: Awaitable[Any] = import_module("pgswarm.actions.outside.mcp.tools").offer(
                name, connections.mcp[name], vault
            )
        else:
            offer = import_module("pgswarm.actions.outside.a2a.skills").offer(name, settings)
        async with asyncio.timeout(within_s):
            made: Offer = await offer
    except ModuleNotFoundError as error:
        return Unreached(title, f"the package {error.name} is not installed", NOT_INSTALLED)
    except ConnectionsError as error:
        return Unreached(title, str(error), "set it where the processors start")
    except SignInError as error:
        return Unreached(title, error.reason, error.remedy)
    except UnreachableError as error:
        return Unreached(title, error.reason, "see that it runs and that its address and credentials are right")
    except TimeoutError:
        return Unreached(title, f"it did not answer within {within_s:g} s", "see that it runs")
    return made
