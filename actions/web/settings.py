"""What of the web is switched on here: read once, when the actions register. Light to import."""

from functools import cache

from pgswarm.actions.outside.settings import ConnectionsError, WebSettings, load

OFF = WebSettings(browse=False)


@cache
def web() -> WebSettings:
    """Return the `[web]` table; with a file that cannot be used everything is off (processors and `doctor` say why)."""
    try:
        return load().web
    except ConnectionsError:
        return OFF
