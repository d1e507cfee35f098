"""The SQL of docs/spaces.md does what the page says."""

import re
from pathlib import Path

from psycopg.types.json import Jsonb

from pgswarm.schema.kinds import KINDS
from support.spaces import find, level, names, save
from support.verbs import Conn, start

PAGE = (Path(__file__).parents[3] / "docs" / "spaces.md").read_text(encoding="utf-8")
BLUEPRINTS, READS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
ROUTE = Jsonb([{"action_id": "swarm/route_action"}])


def statements(block: str) -> list[str]:
    return [statement for statement in re.sub(r"--.*", "", block).split(";") if statement.strip()]


def test_blueprint_of_the_page_is_what_its_swarm_sees(conn: Conn) -> None:
    conn.execute("select pgswarm.register_actions(%s)", [ROUTE])
    for statement in statements(BLUEPRINTS):
        conn.execute(statement.encode())
    (swarm,) = conn.execute("select swarm_id, options from pgswarm.swarm").fetchall()
    assert swarm["options"]["approve"] == "plan"
    assert names(level(conn, swarm["swarm_id"], "references")) == ["style.md"]
    versions = conn.execute("select version, keys from pgswarm.blueprint order by 1").fetchall()
    assert [tuple(row.values()) for row in versions] == [(1, ["SEARCH_API_KEY"]), (2, ["SEARCH_API_KEY"])]


def test_reads_of_the_page_give_what_they_promise(conn: Conn) -> None:
    swarm_id = start(conn)
    save(conn, swarm_id, "projects/plan.txt", "The delivery dates.")
    save(conn, swarm_id, "vat", "def vat(): ...", space="util", kind="function")
    ids = {"swarm": swarm_id, "entry": find(conn, swarm_id, "projects/plan.txt")}
    found = []
    for statement in statements(READS):
        asked = re.sub(r":'(\w+)'", r"%(\1)s", statement)
        found.append(len(conn.execute(asked.encode(), ids).fetchall()))
    assert found == [4, 3, 1, 1, 0, 1]


def test_page_names_every_kind() -> None:
    table = {
        row[0]: set(row[1].split(", "))
        for row in re.findall(r"^\| (memory|action|util) \| (.*) \|$", PAGE, re.MULTILINE)
    }
    assert table == {space: {k.name for k in KINDS if k.space == space} for space in table}
    assert len(table) == 3
