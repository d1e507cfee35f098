"""alembic: frozen revisions, then the SQL files of `schema`, re-applied. One call does it all: `upgrade`."""

from pgswarm.migrations.extension import enable_vectors, state_of
from pgswarm.migrations.upgrade import current_state, upgrade

__all__ = ["current_state", "enable_vectors", "state_of", "upgrade"]
