"""What of the web is switched on here: read once, when the actions register. Without a file nothing is read."""

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pgswarm.actions.outside.settings import WebSettings

FILE: Final = "PGSWARM_CONNECTIONS"


@cache
def web() -> "WebSettings":
    """Return the `[web]` table; with a file that cannot be used everything is off (processors and `doctor` say why)."""
    settings = import_module("pgswarm.actions.outside.settings")
    try:
        found: WebSettings = settings.load().web
    except settings.ConnectionsError:
        found = settings.WebSettings(browse=False)
    return found


def browses() -> bool:
    """Say whether routers may choose to browse."""
    return not os.environ.get(FILE) or web().browse


def searches() -> bool:
    """Say whether routers may choose to search."""
    return bool(os.environ.get(FILE)) and web().search is not None
