"""Random verbs over several connections, compared after each with a model made of `schema/states.py`.

More examples, or longer ones: PGSWARM_TEST_EXAMPLES=1000 PGSWARM_TEST_STEPS=200.
"""

import os
from collections.abc import Callable
from typing import Final
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from pgswarm.schema.states import Status, Verb, move
from support.database import Database
from support.machine import LEASE_S, STEP_S, Machine
from support.model import CLOCK, GRACE_S, ModelNode, ModelQuestion, ModelSwarm, running_of
from support.random_acts import ACTS, PICK, Acts, made
from support.verbs import (
    MAX_ATTEMPTS,
    TIMEOUT_S,
    Act,
    Run,
    add_message,
    answer,
    cancel,
    connect,
    pause,
    raise_budget,
    reap,
    register,
    resume,
    retry_node,
    start,
    tick,
)

EXAMPLES: Final = int(os.environ.get("PGSWARM_TEST_EXAMPLES", "120"))
STEPS: Final = int(os.environ.get("PGSWARM_TEST_STEPS", "40"))
JUMPS_S: Final = (1, 4, 16, 16, 700)
MOST_SWARMS: Final = 3

WEIGHTS: Final = {
    "claim": 5, "commit": 8, "advance": 4, "late": 2, "answer": 3, "replace": 2, "cancel": 1, "pause": 1,
    "resume": 3, "wait": 3, "beat": 3, "reap": 3, "tick": 2, "swap": 1, "start": 2, "say": 1,
}  # fmt: skip
OPS: Final = [op for op, weight in WEIGHTS.items() for _ in range(weight)]


class Verbs(Machine):
    """What processors and people do, each drawn at random and told to the model too."""

    @initialize()
    def begin(self) -> None:
        """Begin with what there is most of: a parent that waits for children, and a new swarm."""
        for place in range(len(self.worker_conns)):
            self.enlist(place)
        self.start_one(30)
        self.claim(0, 50, 0)
        self.commit([(0, Verb.SPAWN, 3, None, None)])
        self.start_one(3)

    @rule(op=st.sampled_from(OPS), pick=PICK, small=st.integers(0, 2), acts=ACTS, jump=st.sampled_from(JUMPS_S))
    def go(self, op: str, pick: int, small: int, acts: Acts, jump: float) -> None:
        """Do one of what can be done now; one rule for all, because some are wanted more often than others."""
        held = any(self.holds(run) for _, run in self.runs)
        can = {
            "start": len(self.live()) < MOST_SWARMS,
            "commit": held,
            "advance": held,
            "late": any(not self.holds(run) for _, run in self.runs),
            "answer": bool(self.questions),
            "resume": any(swarm.status == "paused" for swarm in self.swarms.values()),
            "say": bool(self.live()),
        }
        does: dict[str, Callable[[], None]] = {
            "start": lambda: self.start_one((3, 6, 30)[small]),
            "claim": lambda: self.claim(pick, (1, 2, 50)[small], pick % 2),
            "commit": lambda: self.commit(acts),
            "advance": lambda: self.commit(acts, claims=1 + pick % 3),
            "late": lambda: self.commit_too_late(pick, acts[0][1]),
            "answer": lambda: self.answer_one(pick),
            "pause": lambda: self.pause_one(pick),
            "resume": lambda: self.resume_one(pick, (0, 5, 5)[small]),
            "cancel": lambda: self.cancel_one(pick, whole=small == 0),
            "replace": lambda: self.replace_one(pick),
            "say": lambda: self.say(pick),
            "wait": lambda: self.pass_time(jump),
            "beat": lambda: self.beat(pick),
            "reap": self.reap_all,
            "tick": self.tick_once,
            "swap": lambda: self.replace_worker(pick),
        }
        does[op if can.get(op, True) else "claim"]()

    def start_one(self, most: int) -> None:
        self.pass_time()
        swarm_id = start(self.operator, budget={"nodes": most})
        swarm = self.swarms[swarm_id] = ModelSwarm(swarm_id, most)
        (row,) = self.operator.execute("select node_id from pgswarm.node where swarm_id = %s", [swarm_id]).fetchall()
        swarm.nodes[row["node_id"]] = ModelNode(swarm, row["node_id"], None, MAX_ATTEMPTS, self.now)
        self.compare()

    def claim(self, place: int, limit: int, fresh: int) -> None:
        self.pass_time()
        place %= len(self.workers)
        worker, model = self.workers[place]
        worker.conn.execute("select setseed(0.5)")
        ready = [node for swarm in self.swarms.values() for node in swarm.claimable(self.now)]
        runs = worker.claim(limit, fresh=fresh)
        if model.stopped:
            assert runs == []
            return
        assert bool(runs) == bool(ready), "work was left, or made up"
        if limit == 50:
            assert {run.node_id for run in runs} == {node.node_id for node in ready}
        for run in runs:
            self.claimed(place, run)
        self.compare()

    def claimed(self, place: int, run: Run) -> None:
        """Move one node as a claim does."""
        node = self.node_of(run)
        assert node in node.swarm.claimable(self.now + STEP_S), "was not claimable"
        node.status = move(node.status, Verb.CLAIM)
        node.activation += node.attempt == 0
        node.attempt += 1
        node.epoch += 1
        node.owner, node.overdue_at = self.workers[place][1].worker_id, self.now + TIMEOUT_S
        assert (run.epoch, run.row["attempt"], run.row["activation"]) == (node.epoch, node.attempt, node.activation)
        self.runs.append((place, run))

    def commit(self, acts: Acts, claims: int = 0) -> None:
        """Commit a batch of one worker, as a commit loop does."""
        self.pass_time()
        held = [(place, run) for place, run in self.runs if self.holds(run)]
        place = held[acts[0][0] % len(held)][0]
        mine = [run for where, run in held if where == place]
        batch: dict[UUID, Act] = {}
        for drawn in acts:
            run = mine[drawn[0] % len(mine)]
            batch.setdefault(run.node_id, made(self.ids, run, drawn))
        done = self.workers[place][0].advance(*batch.values(), claims=claims)
        assert done.fenced == []
        self.apply(list(batch.values()))
        for run in done.runs:
            self.claimed(place, run)
        self.compare()

    def apply(self, acts: list[Act]) -> None:
        """Say what becomes of a batch: spawns past the limit are released, and then the swarm is paused."""
        spawned: dict[UUID, int] = {}
        for act in acts:
            spawned[act.run.swarm_id] = spawned.get(act.run.swarm_id, 0) + len(act.kids)
        over = {key for key, kids in spawned.items() if len(self.swarms[key].nodes) + kids > self.swarms[key].max_nodes}
        for act in acts:
            node, delay_s = self.node_of(act.run), act.delay_s or 0.0
            match act.verb:
                case Verb.FINISH | Verb.FAIL as verb:
                    node.end(verb, self.now)
                case Verb.RETRY:
                    node.try_again(Verb.RETRY, self.now, delay_s=delay_s)
                case Verb.SPAWN if act.run.swarm_id in over:
                    node.do(Verb.RELEASE, self.now)
                case verb:
                    node.do(Verb(verb), self.now, delay_s=delay_s)
                    node.handler = act.handler or node.handler
                    self.bear(node, act)
        for key in over & {act.run.swarm_id for act in acts if act.verb is Verb.SPAWN}:
            self.swarms[key].exceed(self.now)

    def bear(self, node: ModelNode, act: Act) -> None:
        """Add what a spawn or an ask has made."""
        if act.kids:
            node.open_children = len(act.kids)
        for kid in act.kids:
            assert kid.node_id is not None
            child = ModelNode(node.swarm, kid.node_id, node, MAX_ATTEMPTS, self.now, spawn_round=node.activation)
            node.swarm.nodes[kid.node_id] = child
        if act.questions:
            rows = self.operator.execute(
                "select question_id from pgswarm.question where node_id = %s and closed_at is null order by position",
                [node.node_id],
            ).fetchall()
            assert len(rows) == len(act.questions)
            for row, asked in zip(rows, act.questions, strict=True):
                expiry = asked.get("expires_in_s")
                question = ModelQuestion(node, None if expiry is None else self.now + expiry)
                self.questions[row["question_id"]] = question
                node.questions.append(question)

    def commit_too_late(self, pick: int, verb: Verb) -> None:
        """Commit an act of a run that was taken away, or done already."""
        self.pass_time()
        stale = [(place, run) for place, run in self.runs if not self.holds(run)]
        place, run = stale[pick % len(stale)]
        assert self.workers[place][0].fences(made(self.ids, run, (pick, verb, 1, None, None)))
        self.compare()

    def answer_one(self, pick: int) -> None:
        self.pass_time()
        question_id = list(self.questions)[pick % len(self.questions)]
        question = self.questions[question_id]
        said = answer(self.operator, question_id, "yes")
        if question.open and question.is_due(self.now):  # too late, though no tick has come yet
            assert said == "closed"
            self.expire([question.node.swarm])
            return
        assert (said == "accepted") == question.open
        if question.open:
            question.open = False
            question.node.wake_answered(Verb.ANSWER, self.now)
        self.compare()

    def pause_one(self, pick: int) -> None:
        self.pass_time()
        swarm = list(self.swarms.values())[pick % len(self.swarms)]
        assert pause(self.operator, swarm.swarm_id) == (swarm.status == "active")
        if swarm.status == "active":
            swarm.status, swarm.paused_reason = "paused", "user"
        self.compare()

    def resume_one(self, pick: int, more: int) -> None:
        self.pass_time()
        swarm = list(self.swarms.values())[pick % len(self.swarms)]
        if more and swarm.status != "terminated":
            swarm.max_nodes += more
            raise_budget(self.operator, swarm.swarm_id, nodes=swarm.max_nodes)
            self.pass_time()
        assert resume(self.operator, swarm.swarm_id) == (swarm.status == "paused")
        if swarm.status == "paused":
            swarm.status, swarm.paused_reason = "active", None
        self.compare()

    def cancel_one(self, pick: int, *, whole: bool) -> None:
        self.pass_time()
        node = self.nodes()[pick % len(self.nodes())]
        node = node.swarm.root if whole else node
        lived = node.status is not Status.TERMINATED
        assert cancel(self.operator, node.swarm.swarm_id, None if whole else node.node_id) == lived
        node.cancel(self.now)
        self.compare()

    def replace_one(self, pick: int) -> None:
        self.pass_time()
        nodes = [node for node in self.nodes() if node.status is Status.TERMINATED] or self.nodes()
        node = nodes[pick % len(nodes)]
        if not node.swarm.may_replace(node):
            with pytest.raises(psycopg.Error) as refused:
                retry_node(self.operator, node.swarm.swarm_id, node.node_id)
            assert refused.value.sqlstate == "PS409"
            return
        new = retry_node(self.operator, node.swarm.swarm_id, node.node_id)
        parent = node.parent
        assert parent is not None
        parent.open_children += 1
        node.swarm.nodes[new] = ModelNode(
            node.swarm, new, parent, MAX_ATTEMPTS, self.now, spawn_round=node.spawn_round, retry_of=node.node_id
        )
        self.compare()

    def say(self, pick: int) -> None:
        self.pass_time()
        swarm = self.live()[pick % len(self.live())]
        add_message(self.operator, swarm.swarm_id, None, "by the way")
        self.compare()

    def beat(self, place: int) -> None:
        self.pass_time()
        worker, model = self.workers[place % len(self.workers)]
        assert worker.heartbeat() == (not model.stopped)
        if not model.stopped:
            model.expires_at = self.now + LEASE_S

    def reap_all(self) -> None:
        self.pass_time()
        for _, model in self.workers:
            dead = not model.stopped and model.expires_at < self.now
            model.stopped = model.stopped or dead
            for node in running_of(self.swarms.values(), model):
                if dead or node.overdue_at < self.now - GRACE_S:
                    node.try_again(Verb.EXPIRE, self.now)
        while reap(self.keeper, GRACE_S).ranges:
            pass
        self.compare()

    def tick_once(self) -> None:
        self.pass_time()
        tick(self.keeper)
        self.expire(list(self.swarms.values()))

    def expire(self, swarms: list[ModelSwarm]) -> None:
        """Close the questions whose time is up, and wake whoever waited for nothing else."""
        for question in self.questions.values():
            if question.node.swarm in swarms and question.is_due(self.now):
                question.open = False
        for node in self.nodes():
            if node.swarm in swarms:
                node.wake_answered(Verb.EXPIRE, self.now)
        self.compare()

    def replace_worker(self, place: int) -> None:
        self.pass_time()
        place %= len(self.workers)
        worker, model = self.workers[place]
        worker.stop()
        for node in running_of(self.swarms.values(), model):
            node.do(Verb.RELEASE, self.now)
        self.compare()
        self.enlist(place)


@pytest.mark.timeout(900)  # a failing example is shrunk, which takes its time
def test_random_verbs_do_what_the_table_says(db: Database) -> None:
    register(db.conn)
    db.run(CLOCK)
    conns = [connect(db.url) for _ in range(5)]
    try:
        run_state_machine_as_test(
            lambda: Verbs(conns),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                print_blob=True,
                phases=[Phase.explicit, Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        for conn in conns:
            conn.close()
