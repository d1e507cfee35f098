"""What is counted, for Prometheus: the requests of this process, and the state of the swarms in the database.

Rule: no id, no name and no text of anybody's is in a metric; what is asked of the database is cheap whatever it holds.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

from pgswarm import __version__
from pgswarm.api.database import Conn

_STATE: Final = "select active, paused, claimable, questions, workers, fenced from pgswarm.count_state()"
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One process's metrics, in a registry of their own."""

    def __init__(self) -> None:
        """Make them, all at zero."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "pgswarm_http_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "pgswarm_http_response_seconds",
            "Time until the response began",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        Gauge("pgswarm_info", "The version", ["version"], registry=self.registry).labels(__version__).set(1)
        self._up = self._gauge("database_up", "1 where the database answers")
        self._active = self._gauge("swarms_active", "Swarms that are not paused and have not ended")
        self._paused = self._gauge("swarms_paused", "Swarms that are paused")
        self._claimable = self._gauge("swarms_claimable", "Swarms with a node that a processor could claim now")
        self._questions = self._gauge("questions_open", "Open questions")
        self._workers = self._gauge("workers_alive", "Processors whose lease holds")
        self._fenced = self._gauge("fenced_writes", "Late writes of processors that were refused")

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a response that begins now."""
        route = getattr(scope.get("route"), "path", "none")
        self._requests.labels(scope["method"], route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    async def look(self, conn: Conn) -> None:
        """Read the state of the database."""
        (row,) = await (await conn.execute(_STATE)).fetchall()
        self._up.set(1)
        self._active.set(row["active"])
        self._paused.set(row["paused"])
        self._claimable.set(row["claimable"])
        self._questions.set(row["questions"])
        self._workers.set(row["workers"])
        self._fenced.set(float(row["fenced"]))

    def down(self) -> None:
        """Say that the database does not answer."""
        self._up.set(0)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(f"pgswarm_{name}", what, registry=self.registry)
