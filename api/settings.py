"""How the API runs: everything that the command line and the environment decide, once, as data."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

PREFIX: Final = "PGSWARM_"


class ApiSettings(BaseModel):
    """Sizes in bytes, times in seconds. Each field is also an environment variable, as in `PGSWARM_MAX_BODY_BYTES`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    allowed_hosts: str | None = None
    """Names that it is called by (`Host`), with commas between. None: any, but this machine's own where it is bound to
    loopback. `*`: any."""
    closed_signup: bool = False
    pool_size: Annotated[int, Field(ge=1, le=1_000)] = 10
    """Connections to the database; requests wait for one when all are in use."""
    pool_wait_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """How long a request waits for a connection before it is answered with 503."""
    statement_timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 30.0
    max_body_bytes: Annotated[int, Field(ge=1_000)] = 2_000_000
    max_upload_bytes: Annotated[int, Field(ge=1_000)] = 50_000_000
    """The largest multipart body; everything else is held to `max_body_bytes`."""
    max_account_upload_bytes: Annotated[int, Field(ge=1_000)] = 1_000_000_000
    """What all uploads of one account may have together."""
    max_json_depth: Annotated[int, Field(ge=2, le=500)] = 64
    token_lifetime_s: Annotated[float, Field(gt=0)] = 30 * 86_400.0
    heartbeat_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """How often a silent stream of events says that it is there."""

    @property
    def hosts(self) -> frozenset[str]:
        """Return the allowed names."""
        return frozenset(name.strip().lower() for name in (self.allowed_hosts or "").split(",") if name.strip())

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **given: Any) -> Self:
        """Return the settings of the environment; what is `given` and not None goes before it."""
        found = os.environ if environment is None else environment
        named = {
            field: found[PREFIX + field.upper()] for field in cls.model_fields if found.get(PREFIX + field.upper())
        }
        return cls.model_validate(named | {field: value for field, value in given.items() if value is not None})
