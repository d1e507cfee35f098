"""The binary arrays that the hot path builds are what PostgreSQL reads, and the raw rows what it wrote."""

import json
import uuid
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgswarm.processor import wire

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
LISTS = {
    "uuid[]": st.lists(st.none() | st.uuids(), max_size=5),
    "text[]": st.lists(st.none() | TEXT, max_size=5),
    "jsonb[]": st.lists(st.none() | st.dictionaries(TEXT, st.integers() | TEXT, max_size=2), max_size=5),
    "smallint[]": st.lists(st.none() | st.integers(-(2**15), 2**15 - 1), max_size=5),
    "integer[]": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5),
    "bigint[]": st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5),
    "double precision[]": st.lists(st.none() | st.floats(allow_nan=False), max_size=5),
}


ENCODE = {
    "uuid[]": lambda items: wire.uuids([None if item is None else item.bytes for item in items]),
    "text[]": lambda items: wire.texts([None if item is None else item.encode() for item in items]),
    "jsonb[]": lambda items: wire.jsons([None if item is None else json.dumps(item).encode() for item in items]),
    "smallint[]": wire.shorts,
    "integer[]": wire.ints,
    "bigint[]": wire.longs,
    "double precision[]": wire.floats,
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries(LISTS))
def test_arrays_arrive_as_they_were_built(empty_db: Any, lists: Any) -> None:
    connection = empty_db.conn
    for kind in wire.Array.__subclasses__():
        dumper = type("Dumper", (wire.ArrayDumper,), {"oid": kind.array})
        connection.adapters.register_dumper(kind, dumper)
    for kind, items in lists.items():
        (row,) = connection.execute(f"select %b::{kind} as items", [ENCODE[kind](items)], binary=True).fetchall()
        assert row["items"] == items


async def test_ids_and_json_come_back_raw(empty_db: Any) -> None:
    async with await psycopg.AsyncConnection.connect(empty_db.url, autocommit=True) as connection:
        wire.teach(connection)
        cursor = connection.cursor(binary=True)
        found = uuid.uuid4()
        await cursor.execute("select %s::uuid, %s::jsonb, null::jsonb", [found, '{"a": [1, null]}'])
        assert await cursor.fetchone() == (found.bytes, b'{"a": [1, null]}', None)
