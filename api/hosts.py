"""Whom a request may be addressed to: what keeps a page of another site from calling an API on the reader's machine.

Rule: an API that listens on loopback answers to names of this machine only. A page whose own name is made to lead there
(DNS rebinding) is not of another origin in the browser's eyes, but the browser sends its name in `Host`.
"""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Final

from pgswarm.api.problems import Problem

ANY: Final = "*"
LOCAL: Final = "localhost"


def is_loopback(host: str) -> bool:
    """Say whether a name or an address, without its port, leads to this machine wherever it is looked up."""
    name = host.strip("[]").rstrip(".").lower()
    if name == LOCAL or name.endswith("." + LOCAL):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def check_host(header: str, bound_to: str, allowed: Collection[str]) -> None:
    """Raise the 400 for a `Host` that is none of `allowed` (empty: any, but on loopback this machine's names)."""
    if ANY in allowed or not (allowed or is_loopback(bound_to)):
        return
    name = _without_port(header)
    if name in allowed or is_loopback(name):
        return
    raise Problem(
        400,
        "wrong-host",
        "The request is addressed to another host",
        f"{name[:100] or 'no host'} is not served here",
        field="Host",
        remedy="call it by a name of PGSWARM_ALLOWED_HOSTS, or set that to the names that lead here",
    )


def _without_port(header: str) -> str:
    found = header.strip().lower()
    if found.startswith("["):
        return found.partition("]")[0] + "]"
    return found.rpartition(":")[0] if ":" in found else found
