"""Accounts and their tokens, as the API gives them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from pgswarm.client.models.given import Given


class AccessToken(Given):
    """A token, which the server shows this once."""

    access_token: str = Field(repr=False)
    token_id: UUID
    expires_at: datetime


class Token(Given):
    """What is known of a token."""

    token_id: UUID
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class Account(Given):
    """An account. `disabled`: nobody can log in to it."""

    account_id: UUID
    username: str
    role: str
    disabled: bool = False
