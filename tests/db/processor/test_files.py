"""Files as they lie in the memory, whatever wrote them, through `files/read` of a real processor."""

import pytest

from support.database import Database
from support.processors import Processors, start_swarm, swarm_ended

TEXT = "“Café” … 3 €\nzwei Teile"


def attach(db: Database, swarm_id: str, name: str, content: bytes) -> None:
    db.run(
        "select pgswarm.save_entry(%(id)s, null, %(name)s, 'text', '', '', %(content)s::bytea)",
        id=swarm_id,
        name=name,
        content=content,
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_file_of_any_common_encoding_is_read_letter_by_letter(
    db: Database, processors: Processors, encoding: str
) -> None:
    swarm_id = start_swarm(db, "files/read", {"file": "old.txt"})
    attach(db, swarm_id, "old.txt", TEXT.encode(encoding))
    processors.once()
    assert swarm_ended(db, swarm_id)["report"] == TEXT


def test_a_binary_file_is_named_with_the_remedy(db: Database, processors: Processors) -> None:
    swarm_id = start_swarm(db, "files/read", {"file": "paper.pdf"})
    attach(db, swarm_id, "paper.pdf", b"%PDF-1.7\n\0\1")
    processors.once()
    assert swarm_ended(db, swarm_id)["outcome"] == "failed"
    error = db.value("select error from pgswarm.node")
    assert error["code"] == "not_text"
    assert "paper.pdf is a PDF, not text: extract its text" in error["message"]


def test_action_sees_the_blueprints_and_the_built_in_entries_too_and_the_swarms_own_go_first(
    db: Database, processors: Processors
) -> None:
    blueprint = db.value("select pgswarm.create_blueprint('careful')")
    for name in ("style.md", "rules.md"):
        db.run(
            "select pgswarm.save_blueprint_entry(%(b)s, %(name)s, 'markdown', folder => 'references',"
            " content => 'of the blueprint')",
            b=blueprint,
            name=name,
        )
    reports = {}
    for file in ("style.md", "rules.md", "http-api.md"):
        swarm_id = start_swarm(db, "files/read", {"file": file}, blueprint=str(blueprint))
        db.run(
            "select pgswarm.save_entry(%(id)s, null, 'rules.md', 'markdown', '', 'references', 'its own')", id=swarm_id
        )
        reports[file] = swarm_id
    processors.once()
    found = {file: str(swarm_ended(db, swarm_id)["report"]) for file, swarm_id in reports.items()}
    assert (found["style.md"], found["rules.md"]) == ("of the blueprint", "its own")
    layers = db.rows(
        "select path, layer from pgswarm.list_entries(swarm_id => %(id)s) where layer <> 'built_in'", id=swarm_id
    )
    assert [(row["path"], row["layer"]) for row in layers] == [
        ("references/style.md", "blueprint"), ("references/rules.md", "swarm"),
    ]  # fmt: skip
