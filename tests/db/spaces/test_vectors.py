"""Vectors of passages: kept by their text, compared as far as a swarm sees, gone with their last passage."""

import heapq
import math
import random
from uuid import UUID

import psycopg
import pytest

from support.spaces import find, remove, save
from support.verbs import Conn, call, start

MODEL = "test-model"


def missing(conn: Conn, swarm_id: UUID, folder_id: UUID | None = None, model: str = MODEL) -> dict[str, bytes]:
    rows = conn.execute("select * from pgswarm.missing_vectors(%s, %s, 1000, %s)", [swarm_id, model, folder_id])
    return {row["content"]: row["hash"] for row in rows.fetchall()}


def keep(conn: Conn, hashes: list[bytes], vectors: list[list[float]], model: str = MODEL) -> int:
    flat = "{" + ",".join(str(number) for vector in vectors for number in vector) + "}"
    kept: int = call(conn, "select pgswarm.keep_vectors(%s, %s, %s::real[])", model, hashes, flat)
    return kept


def nearest(
    conn: Conn, swarm_id: UUID, query: list[float], folder_id: UUID | None = None, most: int = 10
) -> list[tuple[str, float]]:
    asked = [swarm_id, MODEL, query, most, folder_id]
    rows = conn.execute("select * from pgswarm.search_vectors(%s, %s, %s::real[], %s, %s)", asked).fetchall()
    return [(row["path"], round(row["score"], 3)) for row in rows]


@pytest.fixture
def swarm_id(conn: Conn) -> UUID:
    """A swarm with three texts that have vectors."""
    made = start(conn)
    for path in ("projects/east", "projects/north", "user/both"):
        save(conn, made, path, path)
    vectors = {"projects/east": [2.0, 0.0], "projects/north": [0.0, 0.5], "user/both": [1.0, 1.0]}
    wanted = missing(conn, made)
    assert keep(conn, [wanted[path] for path in vectors], list(vectors.values())) == 3
    return made


def test_the_nearest_passages_come_first_with_their_cosine(conn: Conn, swarm_id: UUID) -> None:
    assert nearest(conn, swarm_id, [5.0, 0.0]) == [
        ("projects/east", 1.0),
        ("user/both", 0.707),
        ("projects/north", 0.0),
    ]
    projects = find(conn, swarm_id, "projects")
    assert nearest(conn, swarm_id, [0.0, 1.0], projects) == [("projects/north", 1.0), ("projects/east", 0.0)]
    assert nearest(conn, swarm_id, [0.0, 1.0], find(conn, swarm_id, "user/both")) == [("user/both", 0.707)]
    assert nearest(conn, start(conn), [1.0, 0.0]) == []


def test_a_text_needs_one_vector_of_each_model_wherever_it_stands(conn: Conn, swarm_id: UUID) -> None:
    other = start(conn)
    save(conn, other, "copy", "projects/east")
    assert missing(conn, other) == {}
    assert nearest(conn, other, [1.0, 0.0]) == [("copy", 1.0)]
    assert set(missing(conn, swarm_id, model="another")) == {"projects/east", "projects/north", "user/both"}
    assert set(missing(conn, swarm_id, find(conn, swarm_id, "user"), "another")) == {"user/both"}


def test_a_new_version_keeps_the_vectors_of_what_stayed(conn: Conn, swarm_id: UUID) -> None:
    save(conn, swarm_id, "projects/east", "projects/east\n\nand more")
    assert set(missing(conn, swarm_id)) == {"and more"}


def test_vectors_go_with_the_last_passage_that_they_are_of(conn: Conn, swarm_id: UUID) -> None:
    other = start(conn)
    save(conn, other, "copy", "projects/east")
    for path in ("projects/east", "projects/north"):
        remove(conn, swarm_id, find(conn, swarm_id, path))
    assert call(conn, "select count(*) from pgswarm.passage_vector") == 2
    remove(conn, other, find(conn, other, "copy"))
    assert call(conn, "select count(*) from pgswarm.passage_vector") == 1


@pytest.mark.parametrize("numbers", [[], [1.0, 2.0, 3.0]])
def test_numbers_that_are_not_as_many_for_each_passage_are_refused(conn: Conn, numbers: list[float]) -> None:
    with pytest.raises(psycopg.Error, match="vectors of one length") as raised:
        call(conn, "select pgswarm.keep_vectors(%s, %s, %s::real[])", MODEL, [b"a", b"b"], numbers)
    assert (raised.value.sqlstate, raised.value.diag.message_detail) == ("PS422", "numbers")


NUMBERS = 32


def many(conn: Conn, count: int, queries: int) -> tuple[UUID, list[tuple[list[float], set[str]]]]:
    """A swarm with `count` passages of random vectors; and queries, each with the ten that are nearest in truth."""
    swarm_id = start(conn)
    dice = random.Random(7)  # noqa: S311 - the same every time
    for first in range(0, count, 500):
        save(conn, swarm_id, f"projects/many/{first}", "\n\n".join(f"passage {first + n}" for n in range(500)))
    rows = conn.execute("select hash, content from pgswarm.entry_chunk where swarm_id = %s", [swarm_id]).fetchall()
    vectors = [[dice.gauss(0, 1) for _ in range(NUMBERS)] for _ in rows]
    for at in range(0, len(rows), 1000):
        keep(conn, [row["hash"] for row in rows[at : at + 1000]], vectors[at : at + 1000])

    def nearest_to(query: list[float]) -> set[str]:
        def cosine(number: int) -> float:
            return sum(a * b for a, b in zip(vectors[number], query, strict=True)) / math.hypot(*vectors[number])

        return {rows[number]["content"] for number in heapq.nlargest(10, range(len(rows)), key=cosine)}

    asked = [[dice.gauss(0, 1) for _ in range(NUMBERS)] for _ in range(queries)]
    return swarm_id, [(query, nearest_to(query)) for query in asked]


def recall(conn: Conn, swarm_id: UUID, asked: list[tuple[list[float], set[str]]]) -> float:
    """How many of the ten nearest are found, on the average."""
    search = "select content from pgswarm.search_vectors(%s, %s, %s::real[], 10)"
    found = [
        {row["content"] for row in conn.execute(search, [swarm_id, MODEL, query]).fetchall()} for query, _ in asked
    ]
    return sum(len(got & best) for got, (_, best) in zip(found, asked, strict=True)) / (10 * len(asked))


def test_of_many_passages_nearly_all_of_the_nearest_are_found_by_signs_and_by_the_index(conn: Conn) -> None:
    with_pgvector = call(conn, "select pgswarm.vector_schema()") is not None
    assert with_pgvector == bool(call(conn, "select count(*) from pg_available_extensions where name = 'vector'"))
    swarm_id, asked = many(conn, 1500, 5)
    if with_pgvector:
        assert recall(conn, swarm_id, asked) == 1
        conn.execute("set pgswarm.exact_passages = 1200")
        assert recall(conn, swarm_id, asked) >= 0.95
        query = call(
            conn, "select pgswarm.near_by_index_query(pgswarm.vector_schema(), %s, %s)", MODEL, NUMBERS
        ).replace("$1", "%s::real[]")
        conn.execute("set enable_seqscan = off")
        conn.execute("set enable_sort = off")
        plan = conn.execute(f"explain {query}".encode(), [asked[0][0]]).fetchall()
        index = call(conn, "select pgswarm.vector_index(%s, %s)", MODEL, NUMBERS)
        assert any(f"Index Scan using {index}" in row["QUERY PLAN"] for row in plan)
        conn.execute("drop extension vector cascade")
    assert recall(conn, swarm_id, asked) >= 0.8


@pytest.mark.parametrize(("said", "meant"), [("", 20_000), ("many", 20_000), ("5000", 5_000), ("0", 0)])
def test_from_how_many_passages_on_the_index_is_asked_is_a_setting(conn: Conn, said: str, meant: int) -> None:
    conn.execute("select set_config('pgswarm.exact_passages', %s, false)", [said])
    assert call(conn, "select pgswarm.exact_passages()") == meant
