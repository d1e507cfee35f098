"""A line typed below the tree."""

import pytest

from pgswarm.cli.run.keys import TypedLine

TYPED = {
    "text": (b"hello\r", ["hello"]),
    "two lines": (b"one\ntwo\n", ["one", "two"]),
    "backspace": (b"ab\x7fc\r", ["ac"]),
    "backspace at the beginning": (b"\x7f\x7fa\r", ["a"]),
    "line killed": (b"wrong\x15right\r", ["right"]),
    "word killed": (b"the city mayor \x17council\r", ["the city council"]),
    "arrows and function keys": (b"a\x1b[A\x1bOP\x1b[1;5Cb\x1b[3~c\r", ["abc"]),
    "end of input": (b"\x04", [None]),
    "end of input within a line": (b"a\x04b\r", ["ab"]),
    "control characters": (b"a\x01\x02\x1fb\r", ["ab"]),
    "unicode": ("größe 数\r".encode(), ["größe 数"]),
    "no Unicode": (b"a\xffb\r", ["a\ufffdb"]),
}


@pytest.mark.parametrize(("keys", "lines"), TYPED.values(), ids=TYPED.keys())
def test_keys_make_the_same_line_however_they_arrive(keys: bytes, lines: list[str | None]) -> None:
    assert list(TypedLine().feed(keys)) == lines
    one_by_one = TypedLine()
    assert [line for key in keys for line in one_by_one.feed(bytes([key]))] == lines


def test_what_is_typed_so_far_can_be_shown() -> None:
    line = TypedLine()
    assert list(line.feed(b"the ci")) == []
    assert line.text == "the ci"
