"""Who makes a request: the account behind a token."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Principal:
    """An account that showed who it is. `token_id` is the token that it did so by."""

    account_id: UUID
    username: str
    role: Literal["admin", "user"]
    token_id: UUID | None = None

    @property
    def is_admin(self) -> bool:
        """Whether it may see and change what is another's."""
        return self.role == "admin"
