"""The tables as data. One file for each group; `metadata` holds them all.

Every key leads with `swarm_id`, so that tables can be spread by it. No column of `node` that a status change writes is
in an index: such an update can stay on its page.
"""

from pgswarm.schema.tables import actions, core, models, outside, people, requests, spaces, work, workspace
from pgswarm.schema.tables.base import SCHEMA, metadata

__all__ = [
    "SCHEMA",
    "actions",
    "core",
    "metadata",
    "models",
    "outside",
    "people",
    "requests",
    "spaces",
    "work",
    "workspace",
]
