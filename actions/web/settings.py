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


def browse_off() -> str:
    """Return what would switch browsing on; "" where it is on."""
    if not os.environ.get(FILE) or web().browse:
        return ""
    return f"The operator switches it on by browse = true under [web] in the file that {FILE} names."


def search_off() -> str:
    """Return what would switch searching on; "" where it is on."""
    if os.environ.get(FILE) and web().search is not None:
        return ""
    return f"The operator names a search service under [web.search] in the file that {FILE} names."
