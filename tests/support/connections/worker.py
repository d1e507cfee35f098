"""A processor in the test's own process, with connections of its own, that works until nothing is left to do."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pgswarm.actions.base import Registry
from pgswarm.actions.outside.settings import Connections
from pgswarm.actions.registration import specs
from pgswarm.processor.outside import Outside
from pgswarm.processor.process import Processor
from pgswarm.processor.settings import Settings
from support.connections import desk as desk_module
from support.database import Database
from support.processors import start_swarm

PATIENCE = {"connect_timeout_s": 60, "timeout_s": 60}


class Worker:
    """Starts swarms and works them."""

    def __init__(self, db: Database, notes: Path, address: str) -> None:
        self.db = db
        self.notes = notes
        self.address = address
        self.registry = Registry()
        self.outside: Outside | None = None

    async def connect(self, **tables: Any) -> "Worker":
        """Connect to what a connections file would name."""
        self.outside = Outside(Connections.model_validate(tables), self.registry, self.db.url)
        await self.outside.ask()
        self.db.run("select pgswarm.register_actions(%(specs)s)", specs=specs(self.registry))
        return self

    async def desk(self, **settings: Any) -> "Worker":
        """Connect to the desk over HTTP."""
        return await self.connect(mcp={"desk": {"url": self.address, **PATIENCE, **settings}})

    async def desk_process(self, **settings: Any) -> "Worker":
        """Connect to the desk over the standard streams of a process."""
        return await self.connect(mcp={"desk": desk_process(self.notes, **settings)})

    def start(self, action: str, args: dict[str, Any] | None = None) -> str:
        return start_swarm(self.db, action, args)

    async def work(self) -> None:
        """Work until nothing is claimable."""
        await Processor(Settings(self.db.url, once=True), self.registry, self.outside).run()

    async def until(self, done: Callable[[], object]) -> None:
        """Work, also what sleeps or is tried again later, until `done()`."""
        end = time.monotonic() + 60
        while not done():
            assert time.monotonic() < end, self.db.rows("select status, error, state from pgswarm.node")
            await self.work()

    async def ends(self, action: str, args: dict[str, Any] | None = None, *answers: Any) -> dict[str, Any]:
        """Run an action to its end, answering what it asks; return its root."""
        swarm_id = self.start(action, args)
        for answer in answers:
            await self.work()
            self.answer(answer)
        await self.work()
        return self.root(swarm_id)

    def root(self, swarm_id: str) -> dict[str, Any]:
        return self.db.row("select * from pgswarm.node where swarm_id = %(id)s and parent_id is null", id=swarm_id)

    def asked(self) -> list[dict[str, Any]]:
        return self.db.rows("select * from pgswarm.question where closed_at is null order by asked_at, question_id")

    def answer(self, answer: Any) -> None:
        (question,) = self.asked()
        self.db.run(
            "select pgswarm.answer_question(%(id)s, %(answer)s)",
            id=question["question_id"],
            answer=json.dumps(answer),
        )

    def done(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []


def desk_process(notes: Path, **settings: Any) -> dict[str, Any]:
    """The desk as a process, as a connections file names it."""
    env = {"DESK_NOTES": str(notes), "DESK_TOKEN": "${DESK_TOKEN}"}
    return {"command": [sys.executable, desk_module.__file__], "env": env, **PATIENCE, **settings}
