"""Whether a browser sent a request from a page of ours: what keeps other sites from using a cookie. Pure.

A browser sends the cookie along whoever made it ask; another site can set neither `Sec-Fetch-Site` nor `Origin`, and no
header of its own making without asking first (CORS, which is closed here). See the OWASP cheat sheet on cross-site
request forgery, "Fetch Metadata" and "custom request headers".
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

MARK: Final = "x-requested-with"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


def comes_from_us(headers: Mapping[str, str]) -> bool | None:
    """Say whether a page of ours sent the request; None where the client says nothing of it, as no browser does."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}  # none: typed, or from a bookmark
    origin = headers.get("origin")
    if origin is None:
        return None
    return _host(origin) == headers.get("host", "").lower()


def may_use_cookie(method: str, headers: Mapping[str, str], *, websocket: bool = False) -> bool:
    """Say whether a cookie counts. A request that changes nothing may come from anywhere, but for a WebSocket."""
    ours = comes_from_us(headers)
    if websocket:
        return ours is True
    if method in SAFE_METHODS:
        return True
    return bool(headers.get(MARK)) if ours is None else ours


def _host(origin: str) -> str:
    """Return an origin's host, and its port where that is not the usual one: the form that `Host` has."""
    parts = urlsplit(origin)
    return parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ":"))
