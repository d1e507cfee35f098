"""What the routes of accounts take and give."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.api.numbers import IS_NUMBER, Flag

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1_000
LONGEST_LIFETIME_S = 366 * 86_400

Username = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Capital letters make no difference. No space at either end.",
        examples=["mina"],
    ),
]
GivenPassword = Annotated[str, Field(max_length=LONGEST_PASSWORD, examples=["a long sentence is a good password"])]
NewPassword = Annotated[
    str,
    Field(
        min_length=SHORTEST_PASSWORD,
        max_length=LONGEST_PASSWORD,
        description=f"At least {SHORTEST_PASSWORD} characters, any of them.",
        examples=["a long sentence is a good password"],
    ),
]
Role = Annotated[Literal["admin", "user"], Field(description="An admin sees and steers what is everybody's.")]


class _Taken(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Signup(_Taken):
    """A new account."""

    username: Username
    password: NewPassword


class Login(_Taken):
    """Who logs in."""

    username: Username
    password: GivenPassword


class ChangePassword(_Taken):
    """One password for another."""

    current_password: GivenPassword
    new_password: NewPassword


class NewToken(_Taken):
    """A token for a program."""

    label: Annotated[str, Field(max_length=200, description="What it is for.", examples=["nightly report"])] = ""
    lifetime_s: Annotated[
        Annotated[float, Field(ge=1, le=LONGEST_LIFETIME_S), IS_NUMBER] | None,
        Field(description="None: as long as that of a login."),
    ] = None


class ChangeAccount(_Taken):
    """What an admin changes; what is left out stays."""

    role: Role | None = None
    disabled: Annotated[Flag | None, Field(description="True: nobody can log in, and every token ends.")] = None


class Account(BaseModel):
    """An account."""

    account_id: UUID
    username: Annotated[str, Field(examples=["mina"])]
    role: Role
    disabled: bool = False
    created_at: datetime


class Me(BaseModel):
    """Who calls, and by which token."""

    account_id: UUID
    username: Annotated[str, Field(examples=["mina"])]
    role: Role
    token_id: UUID | None = None


class AccessToken(BaseModel):
    """A token, shown this once: the database keeps only its hash."""

    access_token: Annotated[str, Field(examples=["sEcReT"])]
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of a scheme (RFC 6750)
    expires_at: datetime
    token_id: UUID


class Token(BaseModel):
    """What is known of a token."""

    token_id: UUID
    label: Annotated[str, Field(examples=["nightly report"])]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
