"""Calls as httpx has them, and its errors as what came of a call. No IO."""

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx2 as httpx

from pgswarm.client.patience import Patience
from pgswarm.client.wire import Call, Lost, Reply

AGENT: Final = "pgswarm-client"
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def settings(base_url: str, patience: Patience) -> dict[str, Any]:
    """Return what both of httpx's clients are made with."""
    return {
        "base_url": base_url,
        "headers": {"User-Agent": AGENT},
        "timeout": httpx.Timeout(patience.answer_s, connect=patience.connect_s),
        "limits": httpx.Limits(max_connections=None),  # a stream holds one for as long as it is read
        # the token is all that says who calls; a cookie beside it would call on after a logout
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    }


def request_of(call: Call[Any], token: str | None, timeout_s: float, patience: Patience) -> dict[str, Any]:
    """Return the arguments of httpx's `stream`."""
    headers = call.headers | ({"Authorization": f"Bearer {token}"} if token else {})
    found: dict[str, Any] = {
        "method": call.method,
        "url": call.path,
        "params": call.params,
        "headers": headers,
        "timeout": httpx.Timeout(timeout_s, connect=min(patience.connect_s, timeout_s)),
    }
    if call.body is not None:
        found["content"] = call.body
    if call.files:
        found["files"] = [("file", file) for file in call.files]
    return found


def stream_of(call: Call[Any], token: str | None, silence_s: float, patience: Patience) -> dict[str, Any]:
    """Return the arguments of httpx's `stream` for a stream of events."""
    found = request_of(call, token, silence_s, patience)
    found["headers"] |= {"Accept": "text/event-stream", "Accept-Encoding": "identity"}  # what packs also holds back
    return found


def reply_of(response: httpx.Response, content: bytes = b"") -> Reply:
    """Return the answer, whose content has been read."""
    return Reply(response.status_code, dict(response.headers), content)


def lost(error: httpx.RequestError) -> Lost:
    """Return what an error of httpx means for its call."""
    said = str(error) or type(error).__name__
    url = error.request.url
    where = f"{url.scheme}://{url.netloc.decode()}"
    why = f"nothing answers at {where} ({said})" if isinstance(error, httpx.ConnectError) else f"{said} ({where})"
    return Lost(why, sent=not isinstance(error, _NOT_SENT))
