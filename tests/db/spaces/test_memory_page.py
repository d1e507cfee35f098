"""The SQL, the Python and the files of docs/memory.md are what the page says."""

import re
from pathlib import Path
from typing import Any

import pytest

from db.spaces.conftest import OpenStage
from pgswarm.actions.outside.settings import load
from pgswarm.actions.spaces.places import Place
from pgswarm.actions.spaces.searching import search
from support.database import Database
from support.spaces import entry, find, save

PAGE = (Path(__file__).parents[3] / "docs" / "memory.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_files_of_the_page_are_ones(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    file.write_text("\n".join(blocks("toml")))
    found = load({"PGSWARM_CONNECTIONS": str(file)})
    assert (sorted(found.retrievers), sorted(found.uploaders)) == (["lexicon", "minutes", "wiki"], ["minutes"])
    assert (found.tables["shop"].tables, found.imports.git) == (("public.orders",), ("https://github.com/acme/",))


async def test_the_statements_and_the_lexicon_of_the_page_work(
    db: Database, stage: OpenStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node: Any = stage(lambda _task, _data: {})
    save(db.conn, node.swarm_id, "references/board.py", "class Board:\n    def winner(self): ...\n", kind="python")
    answers = []
    for statement in blocks("sql"):
        asked = statement.replace(":'swarm'", "%(swarm)s")
        answers.append(db.conn.execute(asked.encode(), {"swarm": node.swarm_id}).fetchall())
    assert [row["title"] for row in answers[0]] == ["Board.winner"]
    index, minutes = (find(db.conn, node.swarm_id, f"references/{name}") for name in ("by meaning", "minutes"))
    assert (entry(db.conn, index)["kind"], entry(db.conn, minutes)["fields"]["uploader"]) == (
        "vector_index",
        {"name": "minutes"},
    )
    about = tmp_path / "lexicon-1.dist-info"
    about.mkdir()
    (tmp_path / "lexicon_of_the_page.py").write_text(blocks("python")[0])
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lexicon\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[pgswarm.retrievers]\nlexicon = lexicon_of_the_page:Lexicon\n")
    (tmp_path / "connections.toml").write_text(blocks("toml")[-1])
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PGSWARM_CONNECTIONS", str(tmp_path / "connections.toml"))
    fields = {"retriever": {"name": "lexicon"}}
    place = Place(minutes, "words", "references/words", "folder", fields=fields)
    (hit,) = await search(node, place, "What is a mill")
    assert (hit.path, hit.text) == ("references/words/mill", "A machine that grinds grain.")
