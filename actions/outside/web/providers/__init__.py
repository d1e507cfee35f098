"""Where `web/search` asks: the interface of a provider, and how the configured one is found.

Another package offers its own under the entry point group `pgswarm.search_providers`: a callable that takes
`SearchSettings` and returns a `Provider`.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Final, Protocol

from pgswarm.actions.outside.settings import ConnectionsError, SearchSettings
from pgswarm.actions.outside.web.providers.json_http import JsonOverHttp

GROUP: Final = "pgswarm.search_providers"


class Provider(Protocol):
    """Searches the web."""

    async def search(self, query: str, count: int) -> Sequence[tuple[str, str, str]]:
        """Return at most about `count` results, best first, each title, address, snippet; raise `ActionError`."""


def provider(settings: SearchSettings) -> Provider:
    """Return the configured provider; raise `ConnectionsError` where there is none of that name."""
    if settings.provider == "json":
        return JsonOverHttp(settings)
    for entry in entry_points(group=GROUP, name=settings.provider):
        make: Callable[[SearchSettings], Provider] = entry.load()
        return make(settings)
    known = ", ".join(["json", *sorted(entry.name for entry in entry_points(group=GROUP))])
    raise ConnectionsError(f"web.search.provider: no provider is called {settings.provider!r}; there are: {known}")
