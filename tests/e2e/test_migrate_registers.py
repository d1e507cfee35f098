"""`pgswarm migrate` tells the database of the actions: a swarm can be started by SQL before any processor was."""

import json
from uuid import UUID

import psycopg

from pgswarm.cli.embedded import Home
from support.command import ME
from support.database import Database
from support.processors import OUTSIDE

API_PAGE = """
select convert_from(b.content, 'UTF8') from pgswarm.space_entry e join pgswarm.blob b using (blob)
 where e.path = 'swarm/api.md'
"""
BUILT_IN = {"bench/noop", "swarm/route_action", "files/read", "memory/retrieve"}


def test_a_swarm_starts_by_sql_after_migrate_with_no_processor_ever(empty_db: Database) -> None:
    assert "Migrated." in ME.pgswarm("migrate", PGSWARM_DATABASE_URL=empty_db.url)
    assert isinstance(empty_db.value("select pgswarm.start_swarm('x', 'bench/noop')"), UUID)
    assert empty_db.value("select count(*) from pgswarm.worker") == 0
    assert {row["action_id"] for row in empty_db.rows("select action_id from pgswarm.action")} >= BUILT_IN
    assert "`POST /v1/swarms`: Start a swarm. " in empty_db.value(API_PAGE)


def test_migrate_registers_again_what_changed_in_a_database_that_is_current(empty_db: Database) -> None:
    ME.pgswarm("migrate", PGSWARM_DATABASE_URL=empty_db.url)
    empty_db.run("update pgswarm.action set description = 'old' where action_id = 'bench/noop'")
    assert ME.json("migrate", PGSWARM_DATABASE_URL=empty_db.url) == {"changed": False, "actions": 1}
    assert ME.json("migrate", PGSWARM_DATABASE_URL=empty_db.url) == {"changed": False, "actions": 0}
    assert empty_db.value("select description from pgswarm.action where action_id = 'bench/noop'") != "old"
    old = [{"path": "swarm/api.md", "description": "of older routes", "content": "Routes 0123456789abcdef."}]
    empty_db.run("select pgswarm.register_documentation(%(pages)s)", pages=json.dumps(old))
    ME.pgswarm("migrate", PGSWARM_DATABASE_URL=empty_db.url)
    assert "`POST /v1/swarms`: Start a swarm. " in empty_db.value(API_PAGE)


def test_actions_of_other_packages_are_registered_and_a_broken_module_is_named(empty_db: Database) -> None:
    path = ":".join([*ME.path, str(OUTSIDE)])
    said = ME.pgswarm("migrate", PGSWARM_DATABASE_URL=empty_db.url, PYTHONPATH=path)
    assert "Warning: swarm_broken (of swarm-outside) is left out" in said
    assert empty_db.value("select count(*) from pgswarm.action where source like 'swarm_outside%%'") > 0


def test_an_embedded_database_knows_the_actions_as_soon_as_any_command_made_it(home: Home) -> None:
    ME.pgswarm("swarms", PGSWARM_HOME=str(home.root))
    url = json.loads(ME.pgswarm("db", "url", "--json", PGSWARM_HOME=str(home.root)))["url"]
    with psycopg.connect(url) as connection:
        assert connection.execute("select pgswarm.start_swarm('x', 'bench/noop')").fetchone() is not None
