"""Vectors of passages: kept by their text, compared as far as a swarm sees, gone with their last passage."""

import math
import random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from support.spaces import find, remove, save
from support.verbs import Conn, call, start

MODEL = "test-model"


def missing(conn: Conn, swarm_id: UUID, folder_id: UUID | None = None, model: str = MODEL) -> dict[str, bytes]:
    rows = conn.execute("select * from pgswarm.missing_vectors(%s, %s, 1000, %s)", [swarm_id, model, folder_id])
    return {row["content"]: row["hash"] for row in rows.fetchall()}


def keep(conn: Conn, hashes: list[bytes], vectors: list[list[float]], model: str = MODEL) -> int:
    flat = [number for vector in vectors for number in vector]
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


def many(conn: Conn, count: int) -> tuple[UUID, list[float], list[str]]:
    """A swarm with `count` passages of random vectors; a query, and the paths that are nearest to it in truth."""
    swarm_id = start(conn)
    dice = random.Random(7)  # noqa: S311 - the same every time
    folder = save(conn, swarm_id, "projects/many", None, kind="folder")
    for start_no in range(0, count, 500):
        save(conn, swarm_id, f"projects/many/{start_no}", "\n\n".join(f"passage {start_no + n}" for n in range(500)))
    rows = conn.execute("select hash, content from pgswarm.entry_chunk where swarm_id = %s", [swarm_id]).fetchall()
    vectors = [[dice.gauss(0, 1) for _ in range(64)] for _ in rows]
    for at in range(0, len(rows), 1000):
        keep(conn, [row["hash"] for row in rows[at : at + 1000]], vectors[at : at + 1000])
    query = [dice.gauss(0, 1) for _ in range(64)]

    def cosine(vector: list[float]) -> float:
        return sum(a * b for a, b in zip(vector, query, strict=True)) / math.hypot(*vector)

    order = sorted(range(len(rows)), key=lambda n: -cosine(vectors[n]))
    assert folder is not None
    return swarm_id, query, [rows[n]["content"] for n in order[:10]]


def found(conn: Conn, swarm_id: UUID, query: list[float]) -> list[Any]:
    rows = conn.execute("select content from pgswarm.search_vectors(%s, %s, %s::real[], 10)", [swarm_id, MODEL, query])
    return [row["content"] for row in rows.fetchall()]


def test_of_many_passages_the_signs_choose_which_are_compared(conn: Conn) -> None:
    swarm_id, query, best = many(conn, 3000)
    assert len(set(found(conn, swarm_id, query)) & set(best)) >= 8


def test_with_pgvector_the_nearest_of_many_are_found_and_the_index_is_there(conn: Conn) -> None:
    if not call(conn, "select count(*) from pg_available_extensions where name = 'vector'"):
        assert call(conn, "select pgswarm.vector_schema()") is None
        return
    conn.execute("create extension vector")
    swarm_id, query, best = many(conn, 3000)
    assert found(conn, swarm_id, query) == best
    (index,) = conn.execute("select indexdef from pg_indexes where tablename = 'passage_vector' and indexdef ~ 'hnsw'")
    assert MODEL in index["indexdef"]
    asked = [MODEL, query]
    near = conn.execute(
        sql.SQL("select pgswarm.near_by_index(pgswarm.vector_schema(), %s, pgswarm.unit_vector(%s::real[])) as hashes"),
        asked,
    ).fetchall()[0]["hashes"]
    hashes = conn.execute("select hash from pgswarm.entry_chunk where content = any(%s)", [best]).fetchall()
    assert len({bytes(row["hash"]) for row in hashes} & {bytes(one) for one in near}) >= 8
