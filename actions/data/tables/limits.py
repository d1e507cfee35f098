"""How large a table may be, and the one error of this package. Rule: a limit is said with its remedy."""

from pgswarm.actions.base import ActionError

MAX_BYTES = 64 * 1024 * 1024
"""Of the file, in bytes."""
MAX_CELLS = 3_000_000
"""Rows times columns; a cell costs about 60 bytes of memory."""
MAX_COLUMNS = 2_000
MAX_GROUPS = 200_000
"""Groups of one grouping."""


class TableError(ActionError):
    """The file cannot be read as a table, or the figure cannot be computed from it; trying again changes nothing."""
