"""alembic: frozen revisions, then the SQL files of `schema`, re-applied."""
