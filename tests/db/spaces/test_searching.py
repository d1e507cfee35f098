"""A place of memory is searched in its own way: words, vectors, code, a table of a connected database, another
store."""

import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from db.spaces.conftest import OpenStage
from pgswarm.actions.base import ActionError
from pgswarm.actions.models.errors import ModelError
from pgswarm.actions.models.offline.rules import answer
from pgswarm.actions.spaces.branches import read_from, upload_to
from pgswarm.actions.spaces.places import Place
from pgswarm.actions.spaces.searching import NoSearchError, search
from pgswarm.processor.connect import Outage
from pgswarm.processor.memory import SwarmMemory
from pgswarm.processor.passages import SwarmPassages
from pgswarm.processor.side import Side
from support.connections.serving import listening
from support.connections.site import application
from support.database import Database
from support.spaces import find, save
from support.verbs import Conn, start

FOREVER = 1e9
SOUNDS = "abcdefghijklmnopqrstuvwxyz"
CODE = "class Board:\n    def winner(self):\n        return None\n\n\ndef play(board):\n    return board\n"


class Asker:
    """A node as searches need it, on the real database; what models would say is given."""

    def __init__(self, conn: Conn, side: Side) -> None:
        self.conn = conn
        self.swarm_id = start(self.conn)
        self.embedded: list[tuple[str, int]] = []
        self.said: Any = ModelError("needs_model", "a question to a table needs a model")
        self.node: Any = SimpleNamespace(
            memory=SwarmMemory(side, self.swarm_id, self.swarm_id, FOREVER),
            passages=SwarmPassages(side, self.swarm_id, FOREVER),
            embed=self._embed,
            llm=self._llm,
            log=logging.getLogger("test"),
        )

    def place(self, path: str, content: str | None, **more: Any) -> Place:
        """Save an entry and return it as a level shows it."""
        entry_id: UUID = save(self.conn, self.swarm_id, path, content, **more)
        given = {"kind": "text", "search": "text", "fields": {}, **more}
        return Place(
            entry_id, path.rpartition("/")[2], path, given["kind"], "", search=given["search"], fields=given["fields"]
        )

    async def found(self, place: Place, query: str) -> list[tuple[str, int]]:
        return [(hit.path, hit.first_line) for hit in await search(self.node, place, query)]

    async def _embed(self, texts: Sequence[str], model: str | None = None) -> list[list[float]]:
        self.embedded.append((model or "", len(texts)))
        return [[float(text.lower().count(letter)) for letter in SOUNDS] for text in texts]

    async def _llm(self, schema: Any, prompt: Any) -> Any:
        assert prompt.task == "query_table"
        if isinstance(self.said, Exception):
            raise self.said
        return schema.model_validate(self.said)


@pytest.fixture
async def asker(db: Database, conn: Conn) -> AsyncIterator[Asker]:
    side = Side(db.url, Outage())
    yield Asker(conn, side)
    await side.close()


@pytest.fixture
def connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write the operator's connections file."""

    def write(text: str) -> None:
        (tmp_path / "connections.toml").write_text(text)
        monkeypatch.setenv("PGSWARM_CONNECTIONS", str(tmp_path / "connections.toml"))

    return write


async def test_by_meaning_each_text_is_turned_into_a_vector_once(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSWARM_EMBEDDING_MODEL", "letters")
    asker.place("projects/notes/zoo", "zzz zebra")
    asker.place("projects/notes/ape", "aaa\n\nbbb")
    asker.place("user/far", "zz")
    folder = asker.place("projects/notes", None, kind="folder", search="vector")
    assert await asker.found(folder, "zz") == [
        ("projects/notes/zoo", 1),
        ("projects/notes/ape", 1),
        ("projects/notes/ape", 3),
    ]
    assert await asker.found(folder, "b") == [
        ("projects/notes/ape", 3),
        ("projects/notes/zoo", 1),
        ("projects/notes/ape", 1),
    ]
    assert asker.embedded == [("letters", 3), ("letters", 1), ("letters", 1)]


async def test_an_index_of_its_own_uses_its_own_model_beside_the_other(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSWARM_EMBEDDING_MODEL", raising=False)
    asker.place("projects/notes/zoo", "zzz")
    index = asker.place(
        "projects/by-sound", None, kind="vector_index", search="vector", fields={"model": "m2", "of": "projects/notes"}
    )
    assert await asker.found(index, "z") == [("projects/notes/zoo", 1)]
    assert {model for model, _ in asker.embedded} == {"m2"}
    place = asker.place("projects/notes", None, kind="folder", search="vector")
    with pytest.raises(NoSearchError, match="PGSWARM_EMBEDDING_MODEL"):
        await search(asker.node, place, "z")


async def test_code_is_found_by_what_it_defines_before_where_it_is_used(asker: Asker) -> None:
    asker.place("projects/game/board.py", CODE, kind="python")
    asker.place("projects/game/readme.md", "The winner is who has three.", kind="markdown")
    folder = asker.place("projects/game", None, kind="folder", search="code")
    assert await asker.found(folder, "Where is `winner` computed?") == [
        ("projects/game/board.py", 2),
        ("projects/game/readme.md", 1),
    ]
    assert await asker.found(folder, "play") == [("projects/game/board.py", 6)]


TABLES = """
[tables.shop]
url = "${SHOP_URL}"
tables = ["sales.orders"]
max_rows = 3
"""
ORDERS = {"table": "sales.orders", "connection": "shop"}


@pytest.fixture
def orders(asker: Asker, db: Database, connections: Any, monkeypatch: pytest.MonkeyPatch) -> Place:
    db.run("create schema sales")
    db.run("create table sales.orders (id int, customer text, amount numeric, secret text)")
    db.run("""insert into sales.orders select n, case when n % 2 = 0 then 'Ada' else 'Bob "B"' end, n * 10, 'x'
                from generate_series(1, 6) n""")
    connections(TABLES)
    monkeypatch.setenv("SHOP_URL", db.url)
    return asker.place("references/orders", None, kind="sql_table", search="sql", fields=ORDERS)


async def test_a_table_answers_a_question_that_is_composed_and_never_run_as_said(asker: Asker, orders: Place) -> None:
    asker.said = {
        "columns": ["customer"],
        "measures": [{"function": "sum", "column": "amount"}],
        "where": [{"column": "amount", "operator": ">", "value": "10"}],
        "order_by": "amount",
        "descending": True,
    }
    (hit,) = await search(asker.node, orders, "Who bought most?")
    assert hit.text.splitlines()[1:] == ["customer | sum of amount", "Ada | 120", 'Bob "B" | 80']
    asker.said = {"where": [{"column": "customer", "operator": "=", "value": "'; drop table sales.orders; --"}]}
    assert await search(asker.node, orders, "x") == []
    asker.said = {"columns": ["amount; drop table sales.orders"]}
    with pytest.raises(NoSearchError, match="there are id, customer, amount, secret"):
        await search(asker.node, orders, "x")
    asker.said = {"where": [{"column": "amount", "operator": "=", "value": "many"}]}
    with pytest.raises(NoSearchError, match="invalid input syntax"):
        await search(asker.node, orders, "x")


async def test_without_a_model_the_rows_that_hold_the_words_are_shown_and_no_more_than_allowed(
    asker: Asker, orders: Place
) -> None:
    (hit,) = await search(asker.node, orders, "orders of ada")
    assert hit.text.splitlines()[1:] == [
        "id | customer | amount | secret",
        *(f"{n} | Ada | {n}0 | x" for n in (2, 4, 6)),
    ]
    asker.said = {}
    (hit,) = await search(asker.node, orders, "all")
    assert len(hit.text.splitlines()) == 2 + 3


async def test_only_the_tables_that_the_operator_named_are_read_and_nothing_is_written(
    asker: Asker, orders: Place, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = asker.place(
        "references/accounts", None, kind="sql_table", search="sql", fields=ORDERS | {"table": "pg_authid"}
    )
    with pytest.raises(NoSearchError, match="may not be read"):
        await search(asker.node, other, "x")
    db.run(
        "create function sales.grow() returns text language sql as 'insert into sales.orders values (7); select ''y'''"
    )
    db.run("alter table sales.orders rename to kept")
    db.run("create view sales.orders as select id, sales.grow() as customer from sales.kept")
    with pytest.raises(NoSearchError, match="read-only transaction"):
        await search(asker.node, orders, "anything here")
    monkeypatch.delenv("SHOP_URL")
    with pytest.raises(NoSearchError, match="SHOP_URL"):
        await search(asker.node, orders, "x")


async def test_a_slow_table_is_given_up(asker: Asker, orders: Place, db: Database, connections: Any) -> None:
    connections(TABLES + "timeout_s = 0.2\n")
    with psycopg.connect(db.url) as locker:
        locker.execute("lock table sales.orders")
        with pytest.raises(NoSearchError, match=r"timeout|longer than"):
            await search(asker.node, orders, "ada")


async def test_a_branch_of_files_is_searched_read_and_written_within_its_root(
    asker: Asker, connections: Any, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    (root / "2026").mkdir(parents=True)
    (root / "2026" / "minutes.md").write_text("# Board\n\nWe buy\u202e the mill.\n")
    (tmp_path / "outside.txt").write_text("the mill is secret")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    connections(f'[retrievers.docs]\nkind = "files"\noptions = {{ root = "{root}" }}\n'
                f'[uploaders.docs]\nkind = "files"\noptions = {{ root = "{root}" }}\n')  # fmt: skip
    branch = asker.place("references/docs", None, kind="folder", search="text", fields={"retriever": {"name": "docs"}})
    (hit,) = await search(asker.node, branch, "mill")
    assert (hit.path, hit.first_line, hit.text) == ("references/docs/2026/minutes.md", 3, "We buy the mill.")
    assert (await read_from({"name": "docs"}, "2026/minutes.md")).startswith(b"# Board")
    assert await upload_to({"name": "docs"}, "new/plan.md", b"the plan") == "new/plan.md"
    assert (root / "new" / "plan.md").read_bytes() == b"the plan"
    for path in ("../outside.txt", "link.txt", "2026/../../outside.txt"):
        with pytest.raises(ActionError, match=r"plain path|not in this store|no file"):
            await read_from({"name": "docs"}, path)
        with pytest.raises(ActionError, match=r"plain path|not in this store|no file|is no"):
            await upload_to({"name": "docs"}, path, b"x")
    assert (tmp_path / "outside.txt").read_text() == "the mill is secret"


async def test_nodes_look_into_a_branch_elsewhere_and_what_they_save_there_goes_there(
    db: Database, stage: OpenStage, connections: Any, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    root.mkdir()
    (root / "minutes.md").write_text("We buy the mill in May.\n")
    store = f'kind = "files"\noptions = {{ root = "{root}" }}\n'
    connections(f"[retrievers.docs]\n{store}[uploaders.docs]\n{store}")

    def says(task: str, data: Any) -> Any:
        if task == "find_place":
            return {"choice": data["choices"][0]["name"], "reason": "it is the only one"}
        return answer(task, data, {})

    node = stage(says, "When do we buy the mill?")
    fields = {"retriever": {"name": "docs"}, "uploader": {"name": "docs"}}
    save(db.conn, node.swarm_id, "references/board", None, kind="folder", description="the mill", fields=fields)
    found = await node.run("memory/retrieve", {})
    assert "We buy the mill in May." in found.report
    assert "references/board/minutes.md" in found.report
    await node.run("memory/save", {"name": "plan.md", "content": "June", "folder": "references/board/plans"})
    assert (root / "plans" / "plan.md").read_text() == "June"
    assert find(db.conn, node.swarm_id, "references/board/plans/plan.md") is not None


async def test_a_branch_over_http_is_asked_with_the_operators_key(
    asker: Asker, connections: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_KEY", "a-very-secret-key")
    with listening(lambda _: application([])) as address:
        connections(f"""
[retrievers.hive]
kind = "http"
[retrievers.hive.options]
url = "{address}/search?q={{query}}"
results = "web.hits"
title = "name"
path = "at"
text = "words"
headers = {{ X-Key = "${{STORE_KEY}}" }}
""")
        branch = asker.place("references/hive", None, kind="folder", fields={"retriever": {"name": "hive"}})
        (hit,) = await search(asker.node, branch, "bees")
        assert (hit.name, hit.path) == ("Bees in winter", "references/hive: https://hive.example/bees")
        monkeypatch.setenv("STORE_KEY", "another")
        with pytest.raises(NoSearchError, match="401"):
            await search(asker.node, branch, "bees")


HOSTILE = """
from pgswarm.actions.spaces.branches import Found
class Store:
    def __init__(self, settings): self.most = settings.max_results
    async def search(self, query, limit):
        if query == "raise": raise RuntimeError("boom \\x1b[31m" + "z" * 9999)
        if query == "hang":
            import asyncio
            await asyncio.sleep(60)
        if query == "nothing": return "no list"
        huge = Found("p" * 9999, "t\\x00\\x1b" * 9999, score=float("nan"), first_line=-5)
        return ["wrong", Found(1, 2), huge] + [Found(f"n{n}", "text") for n in range(9999)]
    async def read(self, path): return b"z" * 99999999
"""


async def test_hostile_answers_of_a_store_are_bounded(
    asker: Asker, connections: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "hostile"
    (package / "hostile-1.dist-info").mkdir(parents=True)
    (package / "hostile_store.py").write_text(HOSTILE)
    (package / "hostile-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1\n")
    (package / "hostile-1.dist-info" / "entry_points.txt").write_text(
        "[pgswarm.retrievers]\nbad = hostile_store:Store\n"
    )
    monkeypatch.syspath_prepend(str(package))
    connections(
        '[retrievers.bad]\nkind = "bad"\ntimeout_s = 0.3\nmax_results = 5\n[retrievers.none]\nkind = "nowhere"\n'
    )
    branch = asker.place("references/bad", None, kind="folder", fields={"retriever": {"name": "bad"}})
    hits = await search(asker.node, branch, "x")
    assert len(hits) == 3
    assert all(len(hit.text) <= 4_000 and "\x1b" not in hit.text and hit.first_line >= 0 for hit in hits)
    assert await search(asker.node, branch, "nothing") == []
    for query, told in (("raise", "RuntimeError: boom"), ("hang", "did not answer within 0.3 s")):
        with pytest.raises(NoSearchError, match=told) as raised:
            await search(asker.node, branch, query)
        assert len(str(raised.value)) < 600
    with pytest.raises(ActionError, match="no content of up to"):
        await read_from({"name": "bad"}, "x")
    for name, told in (("none", "there are: bad, files, http"), ("other", r"\[retrievers.<name>\]")):
        lost = asker.place("references/lost", None, kind="folder", fields={"retriever": {"name": name}})
        with pytest.raises(NoSearchError, match=told):
            await search(asker.node, lost, "x")
