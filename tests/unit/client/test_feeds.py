"""Where a stream of all swarms goes on after a cut, and what of it is new."""

import json
from uuid import UUID

import pytest

from pgswarm.client.errors import DeadlineError
from pgswarm.client.feeds import Feed
from pgswarm.client.patience import Patience

STREAM = {"content-type": "text/event-stream"}
ONE, OTHER = UUID(int=1), UUID(int=2)


def frame(swarm_id: UUID, seq: int, cursor: str) -> bytes:
    event = {"swarm_id": str(swarm_id), "seq": seq, "kind": "node.running", "at": "2026-03-01T12:00:00Z"}
    return f"id: {cursor}\ndata: {json.dumps(event | {'node_id': None, 'data': {}})}\n\n".encode()


def feed(after: str | None = None) -> Feed:
    made = Feed(after, conversation_id=None, kinds=(), within_s=None, patience=Patience())
    made.opened(STREAM)
    return made


def test_what_comes_again_over_a_further_connection_is_dropped() -> None:
    made = feed()
    first = list(made.feed(frame(ONE, 1, "a") + frame(OTHER, 1, "a") + frame(ONE, 2, "b") + b"id: lost\ndata: {"))
    assert [(event.swarm_id, event.seq, event.cursor) for event in first] == [
        (ONE, 1, "a"),
        (OTHER, 1, "a"),
        (ONE, 2, "b"),
    ]
    assert made.call().params == {"after": "b"}
    made.opened(STREAM)
    again = made.feed(frame(OTHER, 1, "a") + frame(ONE, 2, "b") + frame(OTHER, 2, "c"))
    assert [(event.swarm_id, event.seq) for event in again] == [(OTHER, 2)]


def test_what_a_model_says_just_now_is_shown_and_takes_no_place() -> None:
    made = feed()
    said = frame(ONE, 2, "x").replace(b"id: x\n", b"").replace(b"node.running", b"llm.partial")
    got = list(made.feed(frame(ONE, 2, "a") + said + said + frame(ONE, 3, "b")))
    assert [(event.kind, event.seq, event.cursor) for event in got] == [
        ("node.running", 2, "a"), ("llm.partial", 2, "a"), ("llm.partial", 2, "a"), ("node.running", 3, "b"),
    ]  # fmt: skip


def test_it_goes_on_from_where_the_server_says_that_it_began() -> None:
    made = feed()
    assert made.call().params == {}
    assert list(made.feed(b": position\nid: start\n\n")) == []
    assert made.call().params == {"after": "start"}
    made.opened(STREAM)
    assert made.call().params == {"after": "start"}  # also where the next connection says nothing
    assert feed("mine").call().params == {"after": "mine"}


def test_its_time_is_kept_and_the_error_says_where_to_go_on() -> None:
    now = 0.0
    made = Feed(None, conversation_id=None, kinds=(), within_s=5, patience=Patience(), now=lambda: now)
    made.opened(STREAM)
    list(made.feed(frame(ONE, 1, "here")))
    now = 5.0
    with pytest.raises(DeadlineError, match="go on after here"):
        made.call()
