"""Imports into memory, by the verb: several at once, each where it belongs, none over what is another's."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.database import Database
from support.spaces import paths
from support.verbs import MINA, Conn, call, start

IMPORT = "select pgswarm.import_entry(%s, null, %s, %s, %s, %s, %s, %s, null) as id"


def bring(conn: Conn, swarm_id: UUID, path: str, content: bytes | None = b"x", **more: Any) -> UUID:
    folder, _, name = path.rpartition("/")
    row = conn.execute(
        IMPORT,
        [
            swarm_id, more.get("into"), name, more.get("kind", "text"), folder, content,
            Jsonb({"source": "somewhere", **more.get("fields", {})}),
        ],
    ).fetchall()[0]  # fmt: skip
    found: UUID = row["id"]
    return found


def test_two_imports_at_once_into_one_new_folder_lose_nothing(db: Database, conn: Conn) -> None:
    swarm_id = start(conn)

    def run(number: int) -> None:
        with db.connect() as own:
            for at in range(12):
                bring(own, swarm_id, f"references/new/in/{number}-{at}.md")
            bring(own, swarm_id, "references/new/both.md", f"of {number}".encode())
            bring(own, swarm_id, "references/new/same.md", b"the same")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run, range(3)))
    wanted = {f"references/new/in/{number}-{at}.md" for number in range(3) for at in range(12)}
    assert set(paths(conn, swarm_id)) == wanted | {
        "references/new", "references/new/in", "references/new/both.md", "references/new/same.md",
    }  # fmt: skip
    both = call(conn, "select entry_id from pgswarm.space_entry where name = 'both.md'")
    versions = conn.execute("select version from pgswarm.entry_history(%s, %s)", [swarm_id, both]).fetchall()
    assert sorted(row["version"] for row in versions) == [1, 2, 3]
    assert call(conn, "select version from pgswarm.space_entry where name = 'same.md'") == 1


def test_a_repository_is_not_put_over_one_of_another_address(conn: Conn) -> None:
    swarm_id = start(conn)
    for _ in range(2):
        bring(conn, swarm_id, "references/api", None, kind="repository", fields={"url": "https://git.example/a/api"})
    with pytest.raises(psycopg.Error, match=r"is the repository of https://git\.example/a/api") as raised:
        bring(conn, swarm_id, "references/api", None, kind="repository", fields={"url": "https://git.example/b/api"})
    assert raised.value.sqlstate == "PS409"


def test_uploads_and_memories_of_others_are_not_reached_by_an_import(conn: Conn) -> None:
    mine, hers = start(conn), start(conn, owner=MINA)
    upload = call(conn, "select pgswarm.create_upload('a.txt', 'text', 'x', owner => %s)", MINA)
    opened = "select name from pgswarm.open_upload(%s, %s)"
    assert [row["name"] for row in conn.execute(opened, [hers, upload]).fetchall()] == ["a.txt"]
    assert conn.execute(opened, [mine, upload]).fetchall() == []
    with pytest.raises(psycopg.Error, match="is not known") as raised:
        conn.execute("select pgswarm.memory_of(%s, %s)", [mine, hers])
    assert raised.value.sqlstate == "PS404"
    with pytest.raises(psycopg.Error, match="is not known"):
        bring(conn, mine, "a.txt", into=hers)
