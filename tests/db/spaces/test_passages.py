"""Texts are cut along their structure: headings, paragraphs, definitions, rows; each passage knows what it stands
under."""

import pytest

from support.spaces import save
from support.verbs import Conn, start

MARKDOWN = """# Lease

Intro.

## Rent
The rent is 900.
```
# no heading
```
### Late payment

Interest is 4 %.

## End

Three months' notice.
"""
PYTHON = """import math

class Board:
    \"\"\"A board.\"\"\"

    size = 3

    @property
    def full(self):
        return False

    def winner(self):

        return None

async def play(board):
    return board
"""
JAVASCRIPT = "const a = 1\nexport default function area(r) {\n  return r\n}\nclass Box {}\n"


def passages(conn: Conn, kind: str, content: str) -> list[tuple[str, int, int]]:
    entry_id = save(conn, start(conn), "text", content, kind=kind)
    rows = conn.execute(
        "select title, first_line, last_line from pgswarm.entry_chunk where entry_id = %s order by chunk_no", [entry_id]
    ).fetchall()
    return [(row["title"], row["first_line"], row["last_line"]) for row in rows]


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (
            "markdown",
            MARKDOWN,
            [
                ("Lease", 1, 1),
                ("Lease", 3, 3),
                ("Lease > Rent", 5, 9),
                ("Lease > Rent > Late payment", 10, 10),
                ("Lease > Rent > Late payment", 12, 12),
                ("Lease > End", 14, 14),
                ("Lease > End", 16, 16),
            ],
        ),
        (
            "python",
            PYTHON,
            [
                ("", 1, 1),
                ("Board", 3, 6),
                ("Board.full", 8, 10),
                ("Board.winner", 12, 14),
                ("play", 16, 17),
            ],
        ),
        ("code", JAVASCRIPT, [("", 1, 1), ("area", 2, 4), ("Box", 5, 5)]),
        ("text", "one\ntwo\n\n\nthree\n", [("", 1, 2), ("", 5, 5)]),
        ("markdown", "\n\n", []),
    ],
)
def test_a_text_is_cut_where_its_structure_says(
    conn: Conn, kind: str, content: str, expected: list[tuple[str, int, int]]
) -> None:
    assert passages(conn, kind, content) == expected


def test_rows_of_a_table_know_its_first_line(conn: Conn) -> None:
    found = passages(conn, "csv", "region,amount\n" + "north,100000\n" * 300)
    assert len(found) > 2
    assert found[0] == ("", 1, found[0][2])
    assert {title for title, *_ in found[1:]} == {"region,amount"}
    assert [first for _, first, _ in found[1:]] == [last + 1 for *_, last in found[:-1]]


def test_all_of_a_very_long_line_is_found(conn: Conn) -> None:
    swarm_id = start(conn)
    words = " ".join(f"word{n}ö" for n in range(100_000))  # more than an index takes of one passage
    save(conn, swarm_id, "min.json", f"{{}}\n{words}\n[]")
    rows = conn.execute(
        "select first_line, content from pgswarm.entry_chunk where swarm_id = %s order by chunk_no", [swarm_id]
    ).fetchall()
    assert "".join(row["content"] for row in rows) == f"{{}}{words}\n[]"
    assert max(len(row["content"]) for row in rows) < 4_600
    assert {row["first_line"] for row in rows[1:]} == {2}
    found = conn.execute("select * from pgswarm.search_memory(%s, 'word99000ö', 5)", [swarm_id]).fetchall()
    assert [row["first_line"] for row in found] == [2]
