"""The events of all swarms of an account: where to go on, what is new. Pure.

Rule: within a swarm in the order of seq. What the server sends again over a further connection is dropped, as far as
it is of one of the last `KNOWN` swarms that something came of.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from pgswarm.client.calls.parts import Id, ident
from pgswarm.client.models import Event
from pgswarm.client.patience import Patience
from pgswarm.client.sse import Message
from pgswarm.client.streams import Stream
from pgswarm.client.tails import PARTIAL, read_event
from pgswarm.client.wire import Params

KNOWN: Final = 10_000


class Feed(Stream):
    """One iteration over the events of an account's swarms. It has no end of its own."""

    def __init__(
        self,
        after: str | None,
        *,
        conversation_id: Id | None,
        kinds: Sequence[str],
        within_s: float | None,
        patience: Patience,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin after the event whose `cursor` this is; without one, now."""
        super().__init__("/v1/events", kinds=kinds, within_s=within_s, patience=patience, now=now)
        self._after = after
        self._conversation_id = None if conversation_id is None else ident("conversation_id", conversation_id)
        self._seen: OrderedDict[UUID, int] = OrderedDict()

    @property
    def cursor(self) -> str | None:
        """Where the next connection goes on: also where nothing has come yet the server says where it began."""
        return self._parser.last_id or self._after

    @property
    def place(self) -> str:
        """Say where to go on."""
        return "nothing has come" if self.cursor is None else f"go on after {self.cursor}"

    def _params(self) -> Params:
        self._after = self.cursor
        params: Params = {} if self._after is None else {"after": self._after}
        if self._kinds:
            params["kind"] = list(self._kinds)
        if self._conversation_id is not None:
            params["conversation_id"] = self._conversation_id
        return params

    def _take(self, message: Message) -> Event | None:
        event = read_event(message.data.encode())
        if event.kind == PARTIAL:
            return event.model_copy(update={"cursor": self.cursor})  # shown beside what is stored
        if event.seq <= self._seen.get(event.swarm_id, 0):
            return None
        self._seen[event.swarm_id] = event.seq
        self._seen.move_to_end(event.swarm_id)
        if len(self._seen) > KNOWN:
            self._seen.popitem(last=False)
        return event.model_copy(update={"cursor": message.id or None})


class Now(Feed):
    """Finds out where the events from now on begin, and takes none."""

    def __init__(self, patience: Patience) -> None:
        """Begin; it is over when the server has said it."""
        super().__init__(None, conversation_id=None, kinds=(), within_s=patience.in_all_s, patience=patience)

    def is_over(self) -> bool:
        """Say whether it is known."""
        return self.cursor is not None

    def _take(self, message: Message) -> None:
        del message
