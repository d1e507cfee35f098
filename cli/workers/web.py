"""The API as a child process of a command.

Rule: the command holds the socket, so that its address is known before anything is started, and stays when the child
that serves it is replaced.
"""

from types import TracebackType
from typing import Self

from pgswarm.cli.workers.crew import Crew

MODULE = "pgswarm.cli.workers.serve"
USUAL_PORT = 8000


class Web:
    """The API on a socket of the command's. Leaving the context ends it."""

    def __init__(self, host: str, port: int | None) -> None:
        """Listen there; without a port on the usual one, or where that is taken on a free one."""
        from pgswarm.api.sockets import address
        from pgswarm.cli.commands.api import bound_to
        from pgswarm.cli.exits import BadInputError

        try:
            self._bound = bound_to(host, USUAL_PORT if port is None else port)
        except BadInputError:
            if port is not None:
                raise
            self._bound = bound_to(host, 0)
        self.address = address(self._bound)
        self.host = host
        self.crew = Crew(1, module=MODULE, inherited=[self._bound.fileno()])

    def begin(self, database_url: str) -> None:
        """Let it serve."""
        from pgswarm.cli.commands.api import api_settings

        settings = api_settings(database_url, host=self.host)
        self.crew.tell({"settings": settings.model_dump(), "socket": self._bound.fileno()})

    def __enter__(self) -> Self:
        """Do nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child and stop listening."""
        self.crew.__exit__(kind, error, trace)
        self._bound.close()
