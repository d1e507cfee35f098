"""Whose is it: checked here at every id, and again by the database.

Rule: what is another's is answered exactly like what does not exist.
"""

from typing import Any, Final
from uuid import UUID

from pgswarm.api.database import Conn
from pgswarm.api.principal import Principal
from pgswarm.api.problems import not_found

_SWARM: Final = """
select s.swarm_id from pgswarm.swarm s
 where s.swarm_id = %(swarm_id)s and (%(admin)s or s.owner_id = %(account)s)
"""


def seen_by(caller: Principal) -> dict[str, Any]:
    """Return the parameters of a query that reads only what the caller may see: `account` and `admin`."""
    return {"account": caller.account_id, "admin": caller.is_admin}


async def require_swarm(conn: Conn, caller: Principal, swarm_id: UUID) -> None:
    """Raise 404 where the swarm is not known, or not the caller's."""
    found = await conn.execute(_SWARM, {"swarm_id": swarm_id, **seen_by(caller)})
    if await found.fetchone() is None:
        raise not_found("swarm_id", swarm_id, "see GET /v1/swarms")
