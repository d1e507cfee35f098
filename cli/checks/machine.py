"""Checks of the machine: the disk, the model's server, the sandbox."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pgswarm.actions.models.settings import OFFLINE, RECORDED, ModelSettings
from pgswarm.cli.checks.finding import Finding
from pgswarm.cli.database import named_url
from pgswarm.cli.embedded import find_home

GIGABYTE = 1_000_000_000
LEAST_FREE_GB = 1.0
MODEL_S = 5.0


def disk() -> Iterator[Finding]:
    """See that the embedded database can grow."""
    if named_url() is not None:
        return
    home = find_home().root
    place = next(path for path in [home, *home.parents] if path.exists())
    free = shutil.disk_usage(place).free / GIGABYTE
    detail = f"{free:.1f} GB free at {home}"
    if free < LEAST_FREE_GB:
        yield Finding("disk", "fault", detail, "Free some space, or set PGSWARM_HOME to a larger disk.")
    else:
        yield Finding("disk", "ok", detail)


def model() -> Iterator[Finding]:
    """Say which model answers, and see that its server can be reached."""
    settings = ModelSettings.from_env()
    told = settings.describe()
    if settings.configured == {OFFLINE}:
        remedy = "It plans by rules and invents nothing. Set OPENAI_API_KEY or OPENAI_BASE_URL for a model."
        yield Finding("model", "note", told, remedy)
        return
    faults = [*_missing_recordings(settings), *_server_trouble(settings)]
    yield from faults or [Finding("model", "ok", told)]


def _missing_recordings(settings: ModelSettings) -> Iterator[Finding]:
    for name in sorted(settings.configured):
        path = name.removeprefix(RECORDED)
        if path != name and not Path(path).is_file():
            yield Finding("model", "fault", f"there is no recording {path}", "Correct PGSWARM_MODEL.")


def _server_trouble(settings: ModelSettings) -> Iterator[Finding]:
    if all(name.startswith((OFFLINE, RECORDED)) for name in settings.configured):
        return
    if settings.needs_key:
        remedy = "Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server of your own."
        yield Finding("model", "fault", settings.describe(), remedy)
        return
    parts = urlsplit(settings.base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), MODEL_S).close()
    except OSError as error:
        detail = f"{settings.describe()}: cannot be reached ({error.strerror or error})"
        yield Finding("model", "fault", detail, "Start it, or correct OPENAI_BASE_URL.")


def sandbox() -> Iterator[Finding]:
    """Say whether code that a model wrote could be run."""
    found = shutil.which("bwrap")
    if found:
        yield Finding("sandbox", "ok", f"bubblewrap at {found}")
    else:
        remedy = "Only actions that run code of a model need it: `apt install bubblewrap`."
        yield Finding("sandbox", "note", "bubblewrap (bwrap) is not installed", remedy)
