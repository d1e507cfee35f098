"""Where a subscriber of all of an account's swarms goes on from, as an opaque id.

Pure. Rule: a cursor grants nothing; it is checked for form only, and rows are read with the reader's own rights.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from pgswarm.schema.errors import InvalidInputError

_VERSION: Final = b"1"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MICROSECONDS: Final = 253_402_300_799_000_000  # the year 9999
_MOST_XID: Final = 2**64


@dataclass(frozen=True, slots=True)
class Cursor:
    """What was seen: all of every transaction older than `horizon`. See `account_frames.sql`."""

    horizon: int
    seen_at: datetime

    def __str__(self) -> str:
        microseconds = (self.seen_at - _EPOCH) // timedelta(microseconds=1)
        return base64.urlsafe_b64encode(b"%b.%d.%d" % (_VERSION, self.horizon, microseconds)).decode().rstrip("=")

    @classmethod
    def parse(cls, field: str, text: str) -> Self:
        """Return the cursor that `text` is; raise `InvalidInputError` naming `field` where it is none."""
        try:
            padded = text + "=" * (-len(text) % 4)
            version, horizon, microseconds = base64.b64decode(padded.encode("ascii"), b"-_", validate=True).split(b".")
            found = (int(horizon), int(microseconds))
        except (ValueError, UnicodeEncodeError, binascii.Error):
            found = (-1, -1)
            version = b"0"
        if version != _VERSION or not (0 <= found[0] < _MOST_XID and 0 <= found[1] <= _MOST_MICROSECONDS):
            raise InvalidInputError(
                f"{field} is not a cursor of this stream", field=field, hint="send the id of the last event, or none"
            )
        return cls(found[0], _EPOCH + timedelta(microseconds=found[1]))
