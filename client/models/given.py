"""What every answer is.

Rule: words such as a status are plain text and unknown fields are kept (`model_extra`), so that a server that knows
more than this client is no error.
"""

from pydantic import BaseModel, ConfigDict


class Given(BaseModel):
    """One answer, or a part of one."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)
