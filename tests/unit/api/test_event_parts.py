"""The pure parts of the event streams: frames, filters, rings, cursors, payloads."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgswarm.api.events.cursors import Cursor
from pgswarm.api.events.frames import Filter, Frame, make_frame, position
from pgswarm.api.events.listener import parse
from pgswarm.api.events.ring import CHUNK_BYTES, LEAST_BYTES, Ring, Room
from pgswarm.schema.errors import InvalidInputError

SWARM = uuid4()
few = settings(max_examples=25)  # the unit tests are quick


def frame(
    seq: int = 1, kind: str = "node.running", text: str = "{}", node: UUID | None = None, parent: UUID | None = None
) -> Frame:
    return make_frame(swarm_id=SWARM, seq=seq, kind=kind, node_id=node, parent_id=parent, text=text, event_id=str(seq))


def fields(message: bytes) -> list[tuple[str, str]]:
    """Read a message as a client of the standard does."""
    assert message.endswith(b"\n\n")
    lines = message.decode()[:-2].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]


@few
@given(st.text(), st.text(min_size=1))
def test_no_text_breaks_out_of_its_field(text: str, kind: str) -> None:
    encoded = json.dumps({"text": text}, ensure_ascii=False)
    made = frame(kind=kind.replace("\ud800", "x"), text=encoded.encode(errors="replace").decode())
    names = [name for name, _ in fields(made.sse)]
    assert names in (["id", "event", "data"], ["id", "data"])
    assert json.loads(made.json)


def test_message_holds_id_kind_and_json() -> None:
    made = frame(7, text='{"seq": 7}')
    assert made.sse == b'id: 7\nevent: node.running\ndata: {"seq": 7}\n\n'
    assert made.json == '{"seq": 7}'


def test_position_is_a_comment_with_an_id_and_no_data() -> None:
    assert [name for name, _ in fields(position("abc"))] == ["", "id"]


def test_kinds_are_exact_or_begin_alike() -> None:
    wanted = Filter(["swarm.*", "node.terminated"])
    kinds = ["swarm.created", "node.created", "node.terminated", "swarmed"]
    assert [f.kind for f in wanted.choose([frame(kind=k) for k in kinds])] == ["swarm.created", "node.terminated"]
    assert Filter().takes_all
    assert not Filter(nodes=[]).takes_all
    assert not Filter(conversation_id=SWARM).takes_all


def test_subtree_takes_in_nodes_that_are_made_below_it_even_where_their_kind_is_not_wanted() -> None:
    top, child, grandchild, other = (uuid4() for _ in range(4))
    wanted = Filter(["node.terminated"], [top])
    seen = [
        frame(1, "node.created", node=child, parent=top),
        frame(2, "node.created", node=grandchild, parent=child),
        frame(3, "node.created", node=other, parent=uuid4()),
        frame(4, "node.terminated", node=other),
        frame(5, "node.terminated", node=grandchild),
        frame(6, "swarm.terminated"),
    ]
    assert [f.seq for f in wanted.choose(seen)] == [5]


@few
@given(st.lists(st.integers(1, 40), max_size=30), st.integers(500, 20_000))
def test_ring_has_what_it_says_and_nothing_older(batches: list[int], max_bytes: int) -> None:
    ring = Ring(10)
    seq = 10
    for size in batches:
        ring.append([frame(seq + n + 1) for n in range(size)], max_bytes)
        seq += size
        assert ring.end == seq
        assert ring.bytes <= max(max_bytes, frame().size + 10)
        for place in {ring.first - 1, ring.end - 1, ring.end}:
            got = [f.seq for f in ring.after(place).frames]
            assert ring.has(place)
            assert got == list(range(place + 1, place + 1 + len(got)))
            assert bool(got) == (place < ring.end)
        assert not ring.has(ring.first - 2)


def test_subscribers_at_one_place_share_the_bytes() -> None:
    ring = Ring(0)
    ring.append([frame(n) for n in range(1, 6)], 10**6)
    assert ring.after(2) is ring.after(2)
    assert ring.after(2).sse is ring.after(2).sse
    assert ring.after(2).sse == b"".join(frame(n).sse for n in (3, 4, 5))


def test_chunk_is_bounded_and_one_large_frame_passes() -> None:
    ring = Ring(0)
    ring.append([frame(n, text="x" * CHUNK_BYTES) for n in range(1, 4)], 10**9)
    assert [f.seq for f in ring.after(0).frames] == [1]


def test_many_rings_share_what_there_is() -> None:
    room = Room(1_000, 100 * LEAST_BYTES)
    assert room.for_one_of(1) == 1_000
    room = Room(10 * LEAST_BYTES, 100 * LEAST_BYTES)
    assert [room.for_one_of(n) for n in (1, 50, 10_000)] == [10 * LEAST_BYTES, 2 * LEAST_BYTES, LEAST_BYTES]


@few
@given(st.integers(0, 2**64 - 1), st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_cursor_is_what_was_written(horizon: int, seen_at: datetime) -> None:
    cursor = Cursor(horizon, seen_at)
    assert Cursor.parse("after", str(cursor)) == cursor
    assert str(cursor).replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("text", ["", "x", "é", "====", "MS4x", "\0", "1.1.1", "a" * 10_000, "MS4tMS4x", "Mi4xLjE"])
def test_what_is_no_cursor_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Cursor.parse("after", text)
    assert refused.value.field == "after"


@few
@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4).map(json.dumps))
def test_no_payload_breaks_the_listener(payload: str) -> None:
    assert parse(payload) is None


@pytest.mark.parametrize(
    ("from_seq", "to_seq", "good"),
    [(1, 1, True), (3, 9, True), (0, 1, False), (2, 1, False), (1.0, 2, False), (True, 2, False)],
)
def test_payload_of_the_contract_is_read(from_seq: object, to_seq: object, *, good: bool) -> None:
    payload = json.dumps({"swarm_id": str(SWARM), "from_seq": from_seq, "to_seq": to_seq})
    assert parse(payload) == ((SWARM, to_seq) if good else None)
