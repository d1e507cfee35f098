"""Where a stream goes on after a cut: every seq once and in order, whatever a server sends again or leaves out."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgswarm.client.errors import DeadlineError, ProtocolError
from pgswarm.client.patience import Patience
from pgswarm.client.streams import MissedError
from pgswarm.client.tails import Tail

SWARM = "0198f3a5-1111-7000-8000-000000000000"
STREAM = {"content-type": "text/event-stream; charset=utf-8"}
LAST = 9


def frame(seq: int, kind: str | None = None, **data: Any) -> bytes:
    name = kind or ("swarm.terminated" if seq == LAST else "node.running")
    event = {"swarm_id": SWARM, "seq": seq, "kind": name, "at": "2026-03-01T12:00:00Z", "node_id": None, "data": data}
    return f"id: {seq}\nevent: {name}\ndata: {json.dumps(event)}\n\n".encode()


def tail(after_seq: int = 0, **options: Any) -> Tail:
    made = Tail(UUID(SWARM), after_seq, **{"kinds": (), "within_s": None, "patience": Patience(), **options})
    made.opened(STREAM)
    return made


def taken(made: Tail, *frames: bytes) -> list[int]:
    return [event.seq for event in made.feed(b"".join(frames))]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2_000)), max_size=12))
def test_connections_that_repeat_and_are_cut_give_every_seq_once(connections: list[tuple[int, int]]) -> None:
    made = tail()
    got: list[int] = []
    for again, size in [*connections, (0, 10_000)]:
        made.opened(STREAM)
        sent = b"".join(frame(seq) for seq in range(max(1, made.last_seq + 1 - again), LAST + 1))
        got += [event.seq for event in made.feed(sent[:size])]
        if made.is_over():
            break
        assert made.call().params["after_seq"] == str(got[-1] if got else 0)
    assert got == list(range(1, LAST + 1))
    assert made.is_over()


def test_event_that_was_left_out_is_noticed_and_asked_for_again() -> None:
    made = tail()
    stream = made.feed(frame(1) + frame(3))
    assert next(stream).seq == 1
    with pytest.raises(MissedError, match="event 3 came after 1"):
        next(stream)
    assert made.call().params["after_seq"] == "1"


def test_wanted_kinds_may_leave_gaps_and_the_end_is_always_asked_for() -> None:
    made = tail(kinds=("question.*",))
    assert made.call().params["kind"] == ["question.*", "swarm.terminated"]
    assert taken(made, frame(4, "question.asked"), frame(4, "question.asked"), frame(LAST)) == [4]
    assert made.is_over()


def test_snapshot_stands_for_the_history_and_the_tail_goes_on_from_it() -> None:
    made = tail(2)
    assert taken(made, frame(7, "snapshot.swarm", status="active"), frame(7, "snapshot.node")) == [7, 7]
    assert made.last_seq == 2  # cut off here, it begins again
    assert taken(made, frame(7, "snapshot.end"), frame(8)) == [7, 8]
    assert not made.is_over()


def test_deadline_is_kept_and_other_answers_are_refused() -> None:
    now = 0.0
    made = tail(within_s=5, now=lambda: now)
    assert made.silence_s == 5
    now = 5.0
    with pytest.raises(DeadlineError):
        made.call()
    with pytest.raises(ProtocolError, match="text/html"):
        tail().opened({"content-type": "text/html"})
