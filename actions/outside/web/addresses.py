"""Which addresses may be read. Pure.

Rule: only what the whole internet may reach. Private, loopback, link-local, shared, multicast and reserved addresses
are refused, also inside IPv6 (mapped, 6to4, NAT64, Teredo), unless the operator allows that address or network.
Source: the registries behind `ipaddress.is_global` (IANA special-purpose addresses).
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.settings import ConnectionsError

MAX_URL: Final = 2_000
_NOT_IN_URL: Final = re.compile(r"[\x00-\x20\x7f\\]")
_NAT64: Final = ip_network("64:ff9b::/96")


class RefusedError(ActionError):
    """An address that may not be read."""

    def __init__(self, message: str) -> None:
        """Take a sentence that says why."""
        super().__init__("address_refused", message)


def networks(allow: Sequence[str]) -> tuple[str, ...]:
    """Return `allow` checked; raise `ConnectionsError` for what is no address and no network."""
    for one in allow:
        try:
            ip_network(one)
        except ValueError:
            raise ConnectionsError(f"web.allow: {one!r} is no address and no network, as in 10.1.0.0/16") from None
    return tuple(allow)


def allowed(address: str, allow: Sequence[str]) -> bool:
    """Say whether an IP address may be connected to."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(ip in ip_network(one) for one in allow):
        return True
    inner = _inside(ip)
    if inner is not None:
        return allowed(str(inner), allow)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def checked(url: str, ports: Sequence[int], allow: Sequence[str]) -> str:
    """Return the address without its fragment; raise `RefusedError` where it cannot be one to read."""
    if len(url) > MAX_URL:
        raise RefusedError(f"the address has {len(url):,} characters; at most {MAX_URL:,} are taken")
    if _NOT_IN_URL.search(url):
        raise RefusedError("the address holds spaces, control characters or a backslash: write them as %20 and so on")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedError(f"{url!r} is no address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RefusedError(f"{url!r} is no address of a web page: it begins with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise RefusedError("the address holds a name or a password: leave it out")
    if port is not None and port not in ports:
        raise RefusedError(f"port {port} is not read; allowed are {', '.join(map(str, ports))} (web.ports)")
    if _is_ip(parts.hostname) and not allowed(parts.hostname, allow):
        raise RefusedError(f"{parts.hostname} is not public (web.allow allows it)")
    return parts._replace(fragment="").geturl()


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _inside(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for."""
    if not isinstance(ip, IPv6Address):
        return None
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    teredo = ip.teredo
    return ip.ipv4_mapped or ip.sixtofour or (teredo[1] if teredo else None)
