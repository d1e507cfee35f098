"""A module that cannot be imported, beside ones that can."""

raise ImportError("its own dependency is missing")
