"""pgswarm: durable swarms of agents on PostgreSQL.

The folders beside this file are links to the top-level folders of the project, so that everything installs
under one import name (``docs/decisions.md``, "One import name").
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("pgswarm")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0.0.0"

__all__ = ["__version__"]
