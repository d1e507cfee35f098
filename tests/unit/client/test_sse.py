"""The parser of server-sent events: however a stream is cut into chunks, the same messages come out."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgswarm.client.errors import ProtocolError
from pgswarm.client.sse import Message, Parser

FIELDS = (b"data", b"data: ", b"data:", b"id: ", b"id", b"event: ", b"retry: ", b":", b" ")
ENDS = (b"\n", b"\r", b"\r\n", b"\n\n")
VALUES = (b"7", b"x", b"\0", b"\xef\xbb\xbf", "é".encode(), b"\xff", b"{}")
TOKENS = st.sampled_from(FIELDS + ENDS + VALUES)
STREAMS = st.lists(TOKENS, max_size=40).map(b"".join)


def by_the_letter(stream: bytes) -> list[Message]:
    """Read a whole stream as the standard says it, step by step (WHATWG HTML, 9.2.6)."""
    text = stream.decode(errors="replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found, data, event, last_id, kept_id = [], "", "", "", ""
    for line in text.split("\n")[:-1]:
        if line == "":
            kept_id = last_id
            if data:
                found.append(Message(kept_id, event or "message", data[:-1]))
            data, event = "", ""
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data += value + "\n"
        elif name == "event":
            event = value
        elif name == "id" and "\0" not in value:
            last_id = value
    return found


def parse(*chunks: bytes) -> list[Message]:
    parser = Parser()
    return [message for chunk in chunks for message in parser.feed(chunk)]


@settings(max_examples=150)
@given(STREAMS)
def test_stream_is_read_as_the_standard_says(stream: bytes) -> None:
    assert parse(stream) == by_the_letter(stream)


@settings(max_examples=150)
@given(STREAMS, st.lists(st.integers(0, 200), max_size=10))
def test_cuts_between_chunks_make_no_difference(stream: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    assert parse(*(stream[a:b] for a, b in pairwise(places))) == parse(stream)


def test_message_that_is_cut_off_is_dropped() -> None:
    assert parse(b"id: 1\ndata: a\n\nid: 2\ndata: b\n") == [Message("1", "message", "a")]


def test_retry_is_remembered_and_nonsense_is_not() -> None:
    parser = Parser()
    assert list(parser.feed(b"retry: 1500\nretry: soon\n\n")) == []
    assert parser.retry_ms == 1500


@pytest.mark.parametrize("stream", [b"data: " + b"x" * 200, b"data: 12345678\n" * 20])
def test_message_without_an_end_is_refused(stream: bytes) -> None:
    with pytest.raises(ProtocolError, match="longer than 100 bytes"):
        list(Parser(most_bytes=100).feed(stream))
