"""The processors that work on this database."""
