"""What can go wrong with the other side, as the engine's own errors.

Rule: `UnreachableError` says that nothing was asked yet, so that trying again is safe. What breaks after a request was
sent is a `LostReplyError`: nobody knows whether it happened, and the effect's own rule (a person is asked) decides.
"""

from pgswarm.actions.base import ActionError


class UnreachableError(ActionError):
    """The other side did not answer before anything was asked of it: tried again.

    `after_s`: how long it asks to be left alone, where it said so.
    """

    transient = True

    def __init__(self, who: str, reason: str, after_s: float | None = None) -> None:
        """Take which connection, and why."""
        super().__init__("outside_unreachable", f"{who} cannot be reached: {reason}")
        self.reason = reason
        self.after_s = after_s


class LostReplyError(ActionError):
    """The other side was asked, and its answer never came."""

    transient = True

    def __init__(self, who: str, reason: str) -> None:
        """Take which connection, and what broke."""
        super().__init__("outside_no_reply", f"{who} was asked, and no answer came: {reason}")
        self.reason = reason


class TooLargeError(Exception):
    """The other side sent more than the configuration allows. Not a failure of the network: it will do it again."""

    def __init__(self, most: int) -> None:
        """Take the bound, in bytes."""
        super().__init__(f"it sent more than {most:,} bytes (max_bytes)")
