"""Whether the server behind a socket lets clients in: the opening of PostgreSQL's protocol (version 3, "Message Flow").

Rule: a socket that can be connected to proves nothing: the server may be recovering, or be on its way down. What it
answers to a client's first message does.
"""

import socket
import struct
from pathlib import Path

from pgswarm.cli.embedded.cluster import DATABASE, USER

VERSION = 3 << 16
TIMEOUT_S = 2.0
NOT_NOW = b"C57P03\0"  # SQLSTATE cannot_connect_now: starting up, recovering, shutting down
HEADER = struct.Struct("!cI")


def takes_clients(path: Path) -> bool:
    """Return whether a client would be let in, or refused for a reason that waiting does not change."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(TIMEOUT_S)
        try:
            link.connect(str(path))
            names = b"".join(b"%b\0" % part.encode() for part in ("user", USER, "database", DATABASE)) + b"\0"
            link.sendall(struct.pack("!II", 8 + len(names), VERSION) + names)
            while True:
                kind, size = HEADER.unpack(_read(link, HEADER.size))
                body = _read(link, size - 4)
                if kind == b"E":
                    return NOT_NOW not in body
                if kind == b"Z":
                    link.sendall(HEADER.pack(b"X", 4))
                    return True
        except OSError:  # nobody listens, or whoever did has gone or hangs
            return False


def _read(link: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        part = link.recv(size - len(read))
        if not part:
            raise ConnectionResetError("the server closed the connection")
        read += part
    return read
