"""What a person must say yes to: said at the start or later, told to every activation, an event, and kept by a fork."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from pgswarm.schema.errors import ConflictError, InvalidInputError, NotFoundError, translate
from support.verbs import Conn, Worker, call, events, finish, go_on, start


def approve(conn: Conn, swarm_id: UUID, what: Any) -> bool:
    return bool(call(conn, "select pgswarm.set_approval(swarm_id => %s, approve => %s)", swarm_id, what))


def told(run: Any) -> Any:
    return (run.row["context"] or {}).get("approve")


def test_every_activation_is_told_what_needs_a_yes(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, approve="plan")
    run = worker.claim_one()
    assert told(run) == "plan"
    worker.does(go_on(run))
    run = worker.claim_one()
    assert told(run) == "plan"
    assert approve(conn, swarm_id, "every_step")
    worker.does(go_on(run))
    run = worker.claim_one()
    assert told(run) == "every_step"
    assert approve(conn, swarm_id, "none")
    worker.does(go_on(run))
    assert told(worker.claim_one()) is None


def test_a_swarm_that_begins_alone_can_be_supervised_later(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    assert run.row["context"] is None  # nothing is read for those who want nothing
    assert approve(conn, swarm_id, "plan")
    worker.does(go_on(run))
    assert told(worker.claim_one()) == "plan"


def test_each_change_is_one_event_that_says_the_row(conn: Conn) -> None:
    swarm_id = start(conn)
    assert [approve(conn, swarm_id, what) for what in ("none", "plan", "plan")] == [False, True, False]
    last = events(conn, swarm_id)[-1]
    assert (last["kind"], last["data"]["options"]) == ("swarm.approval_changed", {"approve": "plan"})
    assert len(events(conn, swarm_id)) == 3


def test_a_fork_is_supervised_as_the_original_was_then(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, approve="plan")
    before = events(conn, swarm_id)[-1]["seq"]
    approve(conn, swarm_id, "none")
    fork = call(conn, "select pgswarm.fork_swarm(swarm_id => %s, at_seq => %s)", swarm_id, before)
    assert {run.swarm_id: told(run) for run in worker.claim(2)} == {swarm_id: None, fork: "plan"}


@pytest.mark.parametrize("what", ["all", "", None])
def test_what_cannot_be_supervised_is_refused(conn: Conn, what: Any) -> None:
    with pytest.raises(psycopg.Error) as refused:
        approve(conn, start(conn), what)
    error = translate(refused.value)
    assert isinstance(error, InvalidInputError)
    assert error.field == "approve"


def test_a_swarm_that_has_ended_or_is_unknown_is_not_supervised(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(finish(worker.claim_one()))
    with pytest.raises(psycopg.Error) as ended:
        approve(conn, swarm_id, "plan")
    assert isinstance(translate(ended.value), ConflictError)
    with pytest.raises(psycopg.Error) as unknown:
        approve(conn, UUID(int=7), "plan")
    assert isinstance(translate(unknown.value), NotFoundError)
