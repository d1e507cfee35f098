"""`/v1/profile`: what the caller's swarms know of them, and go by when they would ask.

Rule: it is the person's: seen whole, written anew, erased.
"""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from fastapi import APIRouter
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field

from pgswarm.api.database import Conn
from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.people import queries
from pgswarm.api.principal import Principal
from pgswarm.api.swarms.models import AT, SWARM_ID

router = APIRouter(prefix="/v1/profile", tags=["control"])

LONGEST: Final = 5_000
_READ: Final = "select profile, swarm_id, updated_at from pgswarm.profile where owner_id = %(owner)s"
_SET: Final = "select pgswarm.set_profile(profile => %(profile)s, owner => %(owner)s)"
_ERASE: Final = "select pgswarm.erase_profile(owner => %(owner)s)"


class SetProfile(BaseModel):
    """What a person says of themselves; it takes the place of all that was known."""

    model_config = ConfigDict(extra="forbid")

    expertise: str = Field(default="", max_length=LONGEST, examples=["Contracts; new to tenancy law."])
    involvement: Literal["never", "important", "always"] = Field(
        default="always", description="When they want to be asked.", examples=["important"]
    )
    notes: str = Field(default="", max_length=LONGEST)


class Profile(SetProfile):
    """What is known of a person. Without `updated_at` nothing is: swarms ask whenever nothing else answers."""

    swarm_id: UUID | None = Field(
        default=None, examples=[SWARM_ID], description="The swarm that found it out; none: they wrote it themselves."
    )
    updated_at: datetime | None = Field(default=None, examples=[AT])


@router.get("", summary="See what swarms know of oneself")
async def get_profile(caller: Caller, database: Db) -> Profile:
    """Return what an interview found out, or the caller wrote; each new swarm of theirs begins with it."""
    async with database.as_account(caller) as conn:
        return await _read(conn, caller)


@router.put("", summary="Say what swarms should know of oneself")
async def set_profile(wanted: SetProfile, caller: Caller, database: Db) -> Profile:
    """Write it anew. A swarm that held an interview of its own goes by that."""
    async with database.as_account(caller) as conn:
        await conn.execute(_SET, {"profile": Jsonb(wanted.model_dump(exclude_unset=True)), "owner": caller.account_id})
        return await _read(conn, caller)


@router.delete("", status_code=204, summary="Let swarms forget what they know of oneself")
async def erase_profile(caller: Caller, database: Db) -> None:
    """Erase it, in the memory of the caller's living swarms too. Their history keeps what was said."""
    async with database.as_account(caller) as conn:
        await conn.execute(_ERASE, {"owner": caller.account_id})


async def _read(conn: Conn, caller: Principal) -> Profile:
    found = await queries.rows(conn, _READ, owner=caller.account_id)
    if not found:
        return Profile()
    (row,) = found
    return Profile.model_validate({**row["profile"], "swarm_id": row["swarm_id"], "updated_at": row["updated_at"]})
