"""What a random machine of verbs stands on: connections, the model, and the comparison of the two after each step."""

import itertools
import uuid
from typing import Final
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine

from pgswarm.schema.states import Status
from support.model import ModelNode, ModelQuestion, ModelSwarm, ModelWorker
from support.verbs import Conn, Run, Worker, cancel

LEASE_S: Final = 15.5
STEP_S: Final = 0.001  # every verb has a moment of its own; sums of these never reach the halves below


class Machine(RuleBasedStateMachine):
    """Three workers on three connections, two operators on two more, a few swarms; rules are added by who inherits."""

    def __init__(self, conns: list[Conn]) -> None:
        super().__init__()
        self.worker_conns, (self.operator, self.keeper) = conns[:3], conns[3:]
        self.now = 0.0
        self.ids = itertools.count(uuid.uuid4().int & ~0xFFFFFFFF)
        self.swarms: dict[UUID, ModelSwarm] = {}
        self.workers: list[tuple[Worker, ModelWorker]] = []
        self.runs: list[tuple[int, Run]] = []  # every run that ever was, with the place of its worker's connection
        self.questions: dict[UUID, ModelQuestion] = {}
        self.steps = 0

    # --- time, and what there is

    def pass_time(self, seconds: float = STEP_S) -> None:
        self.now += seconds
        self.keeper.execute("update public.test_clock set at = at + make_interval(secs => %s)", [seconds])

    def live(self) -> list[ModelSwarm]:
        return [swarm for swarm in self.swarms.values() if swarm.status != "terminated"]

    def nodes(self) -> list[ModelNode]:
        return [node for swarm in self.swarms.values() for node in swarm.nodes.values()]

    def node_of(self, run: Run) -> ModelNode:
        return self.swarms[run.swarm_id].nodes[run.node_id]

    def holds(self, run: Run) -> bool:
        node = self.node_of(run)
        return node.status is Status.RUNNING and node.epoch == run.epoch

    def enlist(self, place: int) -> None:
        worker = Worker(self.worker_conns[place], lease_s=LEASE_S)
        self.workers[place : place + 1] = [(worker, ModelWorker(worker.worker_id, self.now + LEASE_S))]

    # --- what must hold

    def compare(self) -> None:
        """Compare every row that the model knows with what it says."""
        ids = list(self.swarms)
        rows = self.keeper.execute("select * from pgswarm.node where swarm_id = any (%s)", [ids]).fetchall()
        found = {row["node_id"]: row for row in rows}
        facts = {node.node_id: node.facts() for node in self.nodes()}
        assert {key: {name: row[name] for name in facts[key]} for key, row in found.items()} == facts
        swarms = self.keeper.execute("select * from pgswarm.swarm where swarm_id = any (%s)", [ids]).fetchall()
        for row in swarms:
            model = self.swarms[row["swarm_id"]]
            assert (row["status"], row["paused_reason"]) == (model.status, model.paused_reason)
        self.steps += 1
        if self.steps % 5 == 0:
            self.check()

    def check(self) -> None:
        for swarm_id in self.swarms:
            broken = self.keeper.execute("select * from pgswarm.check_invariants(%s)", [swarm_id]).fetchall()
            assert broken == []

    def teardown(self) -> None:
        """Check all once more, and leave nothing to the next example."""
        self.check()
        for swarm in self.live():
            self.pass_time()
            cancel(self.operator, swarm.swarm_id)
        for worker, _ in self.workers:
            worker.stop()
        self.check()
