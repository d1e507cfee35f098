"""Reads what is at an address, as far as its owner and the operator allow.

Rules: every address on the way (redirects too) is checked anew, against the network and against robots.txt (RFC 9309);
time, size and redirects are bounded; nothing is sent but GET, and no cookie, no credential, no compressed answer.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx2 as httpx
from protego import Protego

from pgswarm import __version__
from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.bounded import Bounded
from pgswarm.actions.outside.errors import TooLargeError, UnreachableError
from pgswarm.actions.outside.settings import WebSettings
from pgswarm.actions.outside.texts import one_line
from pgswarm.actions.outside.web.addresses import RefusedError, checked, networks
from pgswarm.actions.outside.web.network import CheckedTransport

MAX_ROBOTS: Final = 512 * 1024
"""RFC 9309 asks for 500 KiB at least."""
ROBOTS_FOR_S: Final = 3_600.0
MOST_ROBOTS: Final = 256
ACCEPT: Final = "text/html, application/xhtml+xml, text/plain, text/markdown, application/json;q=0.8, */*;q=0.1"
_NOT_FOUND: Final = range(400, 500)


@dataclass(frozen=True, slots=True)
class Page:
    """What was read: the last address, the kind that the server calls it, its bytes, and its encoding if it said so."""

    url: str
    media_type: str
    charset: str | None
    content: bytes


class Reader:
    """Reads pages with one operator's settings; remembers what robots.txt said for an hour."""

    def __init__(self, settings: WebSettings) -> None:
        """Take the settings; raise `ConnectionsError` where `allow` holds what is no network."""
        self._settings = settings
        self._allow = networks(settings.allow)
        self._robots: dict[str, tuple[float, Protego | None]] = {}

    async def read(self, url: str) -> Page:
        """Return the page; raise `ActionError` with what is wrong, `UnreachableError` where trying again may help."""
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await self._follow(url)
        except TimeoutError:
            raise UnreachableError(_host(url), f"it took longer than {self._settings.timeout_s:g} s") from None

    async def _follow(self, url: str) -> Page:
        for _ in range(self._settings.max_redirects + 1):
            url = checked(url, self._settings.ports, self._allow)
            if not await self._permitted(url):
                raise RefusedError(
                    f"the robots.txt of {_host(url)} does not permit {self._settings.user_agent} this page"
                )
            came = await self._get(url, self._settings.max_bytes)
            if came.has_redirect_location:
                url = urljoin(url, came.headers["location"])
                continue
            if not came.is_success:
                _refuse(url, came)
            kind, _, _ = came.headers.get("content-type", "").partition(";")
            return Page(url, kind.strip().lower(), came.charset_encoding, came.content)
        raise ActionError(
            "too_many_redirects", f"{_host(url)} redirects more than {self._settings.max_redirects} times"
        )

    async def _permitted(self, url: str) -> bool:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        kept = self._robots.get(origin)
        if kept is None or kept[0] < time.monotonic():
            while len(self._robots) >= MOST_ROBOTS:
                del self._robots[next(iter(self._robots))]
            kept = self._robots[origin] = (time.monotonic() + ROBOTS_FOR_S, await self._rules(f"{origin}/robots.txt"))
        return kept[1] is None or kept[1].can_fetch(url, self._settings.user_agent)

    async def _rules(self, url: str) -> Protego | None:
        """Return what a robots.txt says; None: everything is permitted (there is none)."""
        first = urlsplit(url).netloc
        for _ in range(self._settings.max_redirects + 1):
            url = checked(url, self._settings.ports, self._allow)
            came = await self._get(url, MAX_ROBOTS)
            if came.has_redirect_location:
                url = urljoin(url, came.headers["location"])
                continue
            if came.is_success:
                return Protego.parse(came.content.decode("utf-8", "replace"))
            if came.status_code in _NOT_FOUND:
                return None
            told = f"its robots.txt answers with status {came.status_code}, so nothing is read"
            raise UnreachableError(first, told, retry_after_s(came.headers.get("retry-after")))
        return None  # RFC 9309, 2.3.1.2: after five redirects as if there were none

    async def _get(self, url: str, most: int) -> httpx.Response:
        headers = {"User-Agent": f"{self._settings.user_agent}/{__version__}", "Accept": ACCEPT}
        transport = Bounded(CheckedTransport(self._allow), most)
        try:
            async with httpx.AsyncClient(
                transport=transport, timeout=self._settings.timeout_s, headers=headers, trust_env=False
            ) as client:
                return await client.get(url, follow_redirects=False)
        except TooLargeError:
            raise ActionError("page_too_large", f"{_host(url)} sent more than {most:,} bytes (web.max_bytes)") from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise UnreachableError(_host(url), one_line(error, 300)) from None


def _refuse(url: str, came: httpx.Response) -> None:
    status = came.status_code
    if status in (408, 425, 429) or status >= 500:  # noqa: PLR2004 - statuses of HTTP
        told = f"it answers with status {status}"
        raise UnreachableError(_host(url), told, retry_after_s(came.headers.get("retry-after")))
    raise ActionError("page_not_read", f"{_host(url)} answers with status {status}: is the address right?")


def retry_after_s(said: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds of a `Retry-After` (RFC 9110, 10.2.3: seconds, or a date); None where it says nothing."""
    text = (said or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max((until - (now or datetime.now(UTC))).total_seconds(), 0.0)


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the server"
