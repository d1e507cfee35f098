"""One chat request to one server, and the shape in which it goes out next."""

from collections.abc import Mapping
from typing import Any

from pgswarm.actions.models.failures import TryError
from pgswarm.actions.models.limits import Limits
from pgswarm.actions.models.lines import Line
from pgswarm.actions.models.prices import estimate_request
from pgswarm.actions.models.replies import Reply, read_reply
from pgswarm.actions.models.settings import ModelSettings
from pgswarm.actions.models.streams import Watch


class Asked:
    """One chat request, and the shape in which it goes out next."""

    def __init__(
        self, settings: ModelSettings, limits: Limits, line: Line, request: Mapping[str, Any], watch: Watch | None
    ) -> None:
        """Take what is asked, of whom, and who is told what is said meanwhile."""
        self._settings = settings
        self._limits = limits
        self._line = line
        self._request = request
        self._watch = watch if line.probed else None
        self.name: str = request["response_format"]["json_schema"]["name"]
        self.shape = line.shape
        self.scope = ""

    async def send(self) -> Reply:
        """Send it once; raise `TryError`."""
        shape = self.shape
        watch = self._watch if shape.streams else None
        body = shape.body(self._request, self._settings.max_output_tokens, stream=watch is not None)
        async with self._limits.of(self._line.model):
            wire = self._line.wire
            payload = await wire.chat(body) if watch is None else await wire.stream(body, watch)
        return read_reply(payload, estimate_request(self._request))

    def lower(self, failure: TryError) -> bool:
        """Take the next shape where `failure` says that this one is not supported; say whether there is one."""
        lowered = self.shape.lowered(failure, streaming=self._watch is not None) if self._line.probed else None
        if lowered is None:
            return False
        self.scope = self.name if self.shape.blames_schema(failure) else self.scope
        self.shape = lowered
        return True
