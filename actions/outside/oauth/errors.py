"""What can go wrong on the way to a token."""

from pgswarm.actions.base import ActionError


class SignInError(ActionError):
    """There is no token, and no try again will bring one: somebody has to do something, which the message names."""

    def __init__(self, who: str, reason: str, remedy: str) -> None:
        """Take which connection, why, and what to do."""
        super().__init__("outside_sign_in", f"{who} gives no access: {reason}. {remedy}")
        self.reason = reason
        self.remedy = remedy


class RefusedError(Exception):
    """The authorization server said no, in the terms of RFC 6749, section 5.2."""
