"""Where the API listens. Light to import: a command binds before it starts anything."""

import socket
from ipaddress import ip_address
from typing import Final

BACKLOG: Final = 2048


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens there (port 0: a free one). Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(BACKLOG)
    except BaseException:
        found.close()
        raise
    return found


def address(bound: socket.socket) -> str:
    """Return the URL of a bound socket, with a host that a client can call."""
    host, port = bound.getsockname()[:2]
    found = ip_address(host)
    if found.is_unspecified:
        return f"http://localhost:{port}"
    return f"http://[{host}]:{port}" if found.version == 6 else f"http://{host}:{port}"  # noqa: PLR2004 - IPv6
