"""A TCP proxy between a processor and its database, which a test cuts, slows down, or lets go silent.

Silent is what a half-open connection looks like from within: everything is taken and acknowledged, nothing comes back,
and no side is told. It is harder than a cable that is cut, which keepalives find.
"""

import selectors
import socket
import threading
import time
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

CHUNK: Final = 65_536
TURN_S: Final = 0.02


class Proxy:
    """Listens on a free port of loopback. `url` leads through it to the database of the URL that it was given."""

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        query = dict(parse_qsl(parts.query))
        host = parts.hostname or query.pop("host")
        port = parts.port or int(query.pop("port", "5432"))
        self._target = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        user = f"{parts.username}{f':{parts.password}' if parts.password else ''}@"
        place = f"{user}127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = urlunsplit((parts.scheme, place, parts.path, urlencode(query), ""))
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._silent: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.accepting = True
        self.delay_s = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def connections(self) -> int:
        """How many connections are passed on and have not gone silent."""
        with self._lock:
            return len(set(self._pairs) - self._silent) // 2

    def silence(self) -> int:
        """Let every connection that there is go silent, both ways; new ones are passed on. Return how many."""
        with self._lock:
            self._silent |= set(self._pairs)
            return len(self._pairs) // 2

    def speak(self) -> None:
        """Pass on again what the silent connections hold."""
        with self._lock:
            self._silent.clear()

    def cut(self) -> None:
        """Close every connection."""
        with self._lock:
            for end in list(self._pairs):
                self._close(end)

    def close(self) -> None:
        self._ended.set()
        self._thread.join(5)
        self.cut()
        self._listener.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            with selectors.DefaultSelector() as waiting, self._lock:
                if self.accepting:
                    waiting.register(self._listener, selectors.EVENT_READ)
                for end in set(self._pairs) - self._silent:
                    waiting.register(end, selectors.EVENT_READ)
                ready = self._select(waiting)
                if self.delay_s and ready:
                    time.sleep(self.delay_s)
                for end in ready:
                    if end is self._listener:
                        self._accept()
                    elif end in self._pairs:
                        self._pass_on(end)

    def _select(self, waiting: selectors.BaseSelector) -> list[socket.socket]:
        self._lock.release()  # not while waiting
        try:
            return [key.fileobj for key, _ in waiting.select(TURN_S) if isinstance(key.fileobj, socket.socket)]
        finally:
            self._lock.acquire()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        family = socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET
        server = socket.socket(family)
        try:
            server.connect(self._target)
        except OSError:
            client.close()
            server.close()
            return
        self._pairs |= {client: server, server: client}

    def _pass_on(self, end: socket.socket) -> None:
        if end in self._silent:
            return
        try:
            data = end.recv(CHUNK)
            if data:
                self._pairs[end].sendall(data)
        except OSError:
            data = b""
        if not data:
            self._close(end)

    def _close(self, end: socket.socket) -> None:
        other = self._pairs.pop(end, None)
        for one in (end, other):
            if one is not None:
                self._pairs.pop(one, None)
                self._silent.discard(one)
                one.close()
