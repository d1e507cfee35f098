"""The swarm's documentation of itself: shared by all swarms, searched where its folder is named, written once."""

import json
from typing import Any

import psycopg
import pytest

from pgswarm.actions.base import registry
from pgswarm.actions.discovery import discover
from pgswarm.actions.documentation import as_json, pages
from pgswarm.actions.documentation.making import MOST
from pgswarm.schema.errors import InvalidInputError, translate
from support.database import Database
from support.processors import Processors, start_swarm, swarm_ended
from support.verbs import Conn, call, start

PAGE = {"path": "swarm/guide/tea.md", "description": "On tea", "content": "# Tea\n\nSamovars whistle when they boil."}


def register(conn: Conn, *told: dict[str, Any]) -> int:
    return int(call(conn, "select pgswarm.register_documentation(pages => %s::jsonb)", json.dumps(told)))


def found(conn: Conn, swarm_id: Any, query: str, folder: str | None) -> list[str]:
    rows = conn.execute(
        """select path from pgswarm.search_memory(swarm_id => %s, query => %s, max_results => 9, folder_id =>
             case when %s::text is not null then pgswarm.find_entry(swarm_id => %s, path => %s) end)""",
        [swarm_id, query, folder, swarm_id, folder],
    )
    return [row["path"] for row in rows.fetchall()]


def test_a_page_is_written_once_and_again_when_it_changed(conn: Conn) -> None:
    assert [register(conn, PAGE), register(conn, PAGE)] == [1, 0]
    assert register(conn, PAGE | {"content": "# Tea\n\nKettles too."}) == 1
    swarm_id = start(conn)
    assert found(conn, swarm_id, "kettles", "swarm") == [PAGE["path"]]
    assert found(conn, swarm_id, "samovars", "swarm") == []


def test_every_swarm_finds_a_page_below_its_folder_and_nowhere_else(conn: Conn) -> None:
    register(conn, PAGE)
    for swarm_id in (start(conn), start(conn)):
        assert found(conn, swarm_id, "whistling samovar", "swarm") == [PAGE["path"]]
        assert found(conn, swarm_id, "whistling samovar", "user") == []
        assert found(conn, swarm_id, "whistling samovar", None) == []


@pytest.mark.parametrize("path", ["tea.md", "swarm", "user/tea.md", "swarm/../tea.md/", "swarm/suggestions/x.md", None])
def test_a_page_elsewhere_is_refused(conn: Conn, path: Any) -> None:
    with pytest.raises(psycopg.Error) as refused:
        register(conn, PAGE | {"path": path})
    error = translate(refused.value)
    assert isinstance(error, InvalidInputError)
    assert error.field == "path"


def test_each_action_has_a_page_and_so_has_writing_one(conn: Conn) -> None:
    discover()
    told = {page.path: page for page in pages(registry)}
    guides = {"swarm/writing-actions.md", "swarm/writing-created-actions.md"}
    assert {f"swarm/actions/{action.spec.action_id}.md" for action in registry} == told.keys() - guides
    assert "`max_rounds` (integer, default 5)" in told["swarm/actions/swarm/plan.md"].content
    assert "node.effect(" in told["swarm/writing-actions.md"].content
    made = told["swarm/writing-created-actions.md"].content
    assert "`Fail(code, message, report='')`" in made
    assert "- `spawn`: `children`, `then`. It waits for children." in made
    assert len(made) < MOST
    assert call(conn, "select pgswarm.register_documentation(pages => %s::jsonb)", as_json(told.values())) == len(told)
    swarm_id = start(conn)
    assert found(conn, swarm_id, "plan ordered steps reviewer", "swarm")[0] == "swarm/actions/swarm/plan.md"


def test_a_node_reads_and_searches_the_documentation(db: Database, processors: Processors) -> None:
    swarm_id = start_swarm(
        db, "memory/retrieve", {"question": "Which action plans ordered steps with a reviewer?", "folder": "swarm"}
    )
    processors.once()
    report = swarm_ended(db, swarm_id)["report"]
    assert "Plan work as ordered steps" in report
    assert "plan.md, line" in report
