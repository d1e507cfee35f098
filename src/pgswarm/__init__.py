"""pgswarm: durable swarms of agents on PostgreSQL.

The folders beside this file are links to the top-level folders of the project, so that everything installs
under one import name (``docs/decisions.md``, "One import name").
"""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Return the version when it is asked for: `importlib.metadata` takes longer to import than most of a command."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - that is the point

    try:
        found = version("pgswarm")
    except PackageNotFoundError:  # a checkout that was never installed
        found = "0.0.0"
    globals()[name] = found
    return found
