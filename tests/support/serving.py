"""The API as a process of its own: `pgswarm api` on a free port."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import Popen

import httpx2 as httpx

from support.command import DEADLINE_S, ME


@dataclass(frozen=True)
class Serving:
    """A process that serves, and where."""

    url: str
    process: Popen[str]


@contextmanager
def serving(database_url: str, *arguments: str, **environment: str) -> Iterator[Serving]:
    """Start `pgswarm api`; it is ended by SIGTERM, which must give the exit code 0, unless it has ended before."""
    with ME.start("api", "--port", "0", *arguments, PGSWARM_DATABASE_URL=database_url, **environment) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://"), process.communicate(timeout=DEADLINE_S)
            with httpx.Client(base_url=url, timeout=DEADLINE_S) as client:
                assert client.get("/readyz").status_code == 200
            yield Serving(url, process)
            if process.poll() is None:
                process.terminate()
                _, err = process.communicate(timeout=DEADLINE_S)
                assert process.returncode == 0, err
        finally:
            process.kill()
