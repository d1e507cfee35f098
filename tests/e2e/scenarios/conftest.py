"""One site for all scenarios: the API over HTTP, a processor with a recorded model, and the people who use them.

Rule: a test does what a person can do: it calls by the client, and starts and stops processors. Nothing reads or writes
the database beside the API.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from e2e.scenarios.recording import (
    ASK_GOAL,
    GAME_GOAL,
    HELLO_GOAL,
    NEVER_GOAL,
    PARTS_GOAL,
    RECORDING,
    ROUNDS_GOAL,
    SING_GOAL,
)
from pgswarm.api.app import create_app
from pgswarm.api.settings import ApiSettings
from pgswarm.client import Client
from pgswarm.client.models import Event, Node, Question, Started, Swarm
from support.api import document
from support.database import Database
from support.processors import ProcessorProcess, Processors, register_actions
from support.streams import serving
from support.threads import in_thread

WITHIN_S = 90
MANAGER = "swarm/decompose_directive"
GOALS: dict[str, dict[str, Any]] = {
    HELLO_GOAL: {},
    GAME_GOAL: {},
    ASK_GOAL: {},
    SING_GOAL: {},
    PARTS_GOAL: {},
    ROUNDS_GOAL: {"action": MANAGER},
    NEVER_GOAL: {"action": MANAGER, "args": {"max_rounds": 2}},
    "two in a row": {"action": "bench/chain", "args": {"length": 2}},
}


class World:
    """The swarms of the goals, which all begin at once, and `anna`, whose they are."""

    def __init__(self, url: str, processors: Processors, recording: Path) -> None:
        self._url, self._processors, self._recording = url, processors, recording
        self._clients: list[Client] = []
        self.anna = self.client("anna")
        # no action is made for them
        self.ids = {goal: self.anna.start(goal, create="off", **how).swarm_id for goal, how in GOALS.items()}
        self.processor = self.start_processor()

    def client(self, username: str | None = None) -> Client:
        """Return a client of a new account, or one that has none."""
        made = Client(self._url)
        self._clients.append(made)
        if username is not None:
            made.signup(username, f"the password of {username}")
            made.login(username, f"the password of {username}")
        return made

    def start_processor(self) -> ProcessorProcess:
        """Start a processor."""
        model = {"PGSWARM_MODEL": f"recorded:{self._recording}"}
        self.processor = self._processors.start(env=model, lease_s=15)
        return self.processor

    def ended(self, what: str | UUID | Started) -> Swarm:
        """Wait for the end of a goal, or of a swarm."""
        swarm_id = self.ids[what] if isinstance(what, str) else getattr(what, "swarm_id", what)
        for _ in self.anna.events(swarm_id, kinds=("swarm.terminated",), within_s=WITHIN_S):
            pass
        return self.anna.swarm(swarm_id)

    def root(self, swarm: Swarm) -> Node:
        """Return a swarm's root, whole."""
        assert swarm.root_node_id is not None
        return self.anna.node(swarm.swarm_id, swarm.root_node_id)

    def nodes(self, goal: str, action: str) -> list[Node]:
        """Return the nodes of a goal with this action, whole."""
        found = self.anna.nodes(self.ids[goal], action=action)
        return [self.anna.node(node.swarm_id, node.node_id) for node in found]

    def report_of(self, goal: str, action: str) -> str:
        """Return the report of the one node with this action."""
        (found,) = self.nodes(goal, action)
        return found.report or ""

    def open_questions(self, swarm_id: UUID, number: int) -> dict[str, Question]:
        """Wait until so many questions are open; return them by their texts."""
        asked = Counter[str]()
        for event in self.anna.events(swarm_id, kinds=("question.*",), within_s=WITHIN_S):
            asked[event.kind] += 1
            if asked["question.asked"] - asked["question.answered"] == number:
                found = list(self.anna.questions(swarm_id=swarm_id))
                if len(found) == number:
                    break
        return {question.prompt: question for question in found}

    def moves(self, swarm_id: UUID) -> dict[UUID, list[Event]]:
        """Return what happened to each node, in order."""
        found: dict[UUID, list[Event]] = {}
        for event in self.anna.history(swarm_id):
            if event.node_id is not None and event.kind.startswith("node."):
                found.setdefault(event.node_id, []).append(event)
        return found

    def close(self) -> None:
        for made in self._clients:
            made.close()


@pytest.fixture(scope="module")
def world(module_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("scenarios")
    recording = folder / "recording.jsonl"
    recording.write_text("".join(f"{json.dumps(each)}\n" for each in RECORDING))
    register_actions(module_db)
    app = create_app(ApiSettings(database_url=module_db.url, pool_size=4))
    app.openapi_schema = document()
    processors = Processors(module_db, folder)
    with in_thread(lambda: serving(app)) as port:
        try:
            made = World(f"http://127.0.0.1:{port}", processors, recording)
            try:
                yield made
            finally:
                made.close()
        finally:
            processors.end()
