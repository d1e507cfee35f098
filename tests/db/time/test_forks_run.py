"""Forks at random moments of a swarm that asks, fails and tries again: each runs to its end, and the original stays."""

import random
from typing import Any
from uuid import UUID

from support.database import Database
from support.past import expected_fork, fork, rows_of, top
from support.processors import Processors, start_swarm, swarm_ended
from support.verbs import answer

BRANCHES, LEAVES = 20, 15
FORKS = 50
LEFT_OUT = {"updated_at", "lease_expires_at"}
ORIGINAL = (
    "select to_jsonb(s) as row from pgswarm.swarm s where swarm_id = %(id)s",
    "select to_jsonb(n) as row from pgswarm.node n where swarm_id = %(id)s order by node_id",
    "select to_jsonb(e) as row from pgswarm.event e where swarm_id = %(id)s order by seq",
    "select to_jsonb(q) as row from pgswarm.question q where swarm_id = %(id)s order by question_id",
)


def answer_all(db: Database) -> None:
    """Answer what is asked, a few at a time."""
    for question in db.rows("select question_id, node_id from pgswarm.inbox order by question_id limit 40"):
        answer(db.conn, question["question_id"], "an answer")


def everything(db: Database, swarm_id: UUID) -> list[Any]:
    return [db.rows(query, id=swarm_id) for query in ORIGINAL]


def test_forks_at_fifty_random_moments_equal_the_past_and_run_to_their_end(
    db: Database, processors: Processors
) -> None:
    swarm_id = UUID(start_swarm(db, "outside/mix", {"branches": BRANCHES, "leaves": LEAVES}))
    processor = processors.start(lease_s=15)
    ended = swarm_ended(db, str(swarm_id), 60, lambda: answer_all(db))
    processor.kill()  # so that nothing moves while the forks are looked at
    assert ended["outcome"] == "succeeded"
    before = everything(db, swarm_id)
    last = top(db.conn, swarm_id)
    assert len(before[1]) >= 500
    kinds = {row["row"]["data"].get("status") or row["row"]["kind"] for row in before[2]}
    assert {"pending", "running", "waiting_user", "awaiting_children", "terminated", "question.asked"} <= kinds
    seqs = random.Random(7).sample(range(1, last + 1), FORKS)  # noqa: S311 - no secret
    forks = []
    for seq in seqs:
        fork_id = fork(db.conn, swarm_id, seq)
        forks.append(fork_id)
        to_seq = db.value("select forked_at_seq from pgswarm.swarm where swarm_id = %(id)s", id=fork_id)
        found, wanted = (
            {key: {name: value for name, value in row.items() if name not in LEFT_OUT} for key, row in nodes.items()}
            for nodes in (rows_of(db.conn, fork_id), expected_fork(db.conn, swarm_id, fork_id, to_seq))
        )
        assert found == wanted, f"seq {seq}"
    processors.start(lease_s=15)
    for fork_id in forks:
        of_fork = swarm_ended(db, str(fork_id), 120, lambda: answer_all(db))
        assert (of_fork["outcome"], of_fork["report"]) == ("succeeded", ended["report"])
        nodes = rows_of(db.conn, fork_id)
        assert len(nodes) == len(before[1])
    outcomes = "select outcome, count(*) as n from pgswarm.node where swarm_id = %(id)s group by 1 order by 1"
    assert {str(db.rows(outcomes, id=one)) for one in [swarm_id, *forks]} == {str(db.rows(outcomes, id=swarm_id))}
    assert everything(db, swarm_id) == before
