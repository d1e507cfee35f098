"""`pgswarm doctor`: each thing that can be wrong is found, said in words, with what to do."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pgswarm.cli.checks import kept, service
from pgswarm.cli.checks.finding import Finding
from pgswarm.cli.embedded import Home
from support.command import ME
from support.database import Database
from support.processors import Processors, register_actions, start_swarm, swarm_ended


@pytest.fixture
def known(db: Database) -> Database:
    """A database that knows the actions."""
    register_actions(db)
    return db


def findings(db: Database, code: int = 0, **environment: str) -> dict[str, list[dict[str, Any]]]:
    said = ME.pgswarm("doctor", "--json", code=code, PGSWARM_DATABASE_URL=db.url, **environment)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in map(json.loads, said.splitlines()):
        found.setdefault(row["check"], []).append(row)
    return found


def test_a_healthy_database_has_every_check_and_no_fault(known: Database, processors: Processors) -> None:
    processors.start()
    swarm_ended(known, start_swarm(known, "bench/noop"))
    found = findings(known)
    wanted = {"database", "schema", "roles", "settings", "notify", "clock", "processors", "actions", "budgets", "stuck"}
    assert wanted | {"invariants", "model", "sandbox", "space", "outside", "web", "limits"} <= found.keys()
    assert "1 at work" in found["processors"][0]["detail"]
    assert "arrives within" in found["notify"][0]["detail"]


def test_a_worker_that_fell_silent_is_named(known: Database) -> None:
    known.value("select pgswarm.register_worker('lost-host', 4711, '0.0.1', 10)")
    known.clock.advance(60)
    told = " ".join(row["detail"] for row in findings(known)["processors"])
    assert "process 4711 on lost-host has been silent" in told


def test_workers_of_another_version_are_named(known: Database) -> None:
    known.value("select pgswarm.register_worker('host', 4711, '0.0.1', 600)")
    assert "version 0.0.1" in " ".join(row["detail"] for row in findings(known)["processors"])


def test_a_node_whose_action_nobody_has_is_a_fault(known: Database) -> None:
    start_swarm(known, "bench/noop")
    known.run("delete from pgswarm.action where action_id = 'bench/noop'")
    (row,) = findings(known, code=1)["actions"]
    assert row["state"] == "fault"
    assert "bench/noop" in row["detail"]


def test_a_swarm_that_stopped_at_its_budget_is_named_with_the_way_on(known: Database, processors: Processors) -> None:
    swarm_id = start_swarm(known, "files/list", budget={"duration_s": 1})
    known.clock.advance(5)
    processors.once()
    known.rows("select * from pgswarm.tick()")
    (row,) = findings(known)["budgets"]
    assert swarm_id in row["detail"]
    assert f"pgswarm resume {swarm_id}" in row["remedy"]


def test_a_database_that_forbids_what_verbs_need_is_a_fault(known: Database) -> None:
    known.conn.execute(f"alter database {known.name} set default_transaction_isolation = 'serializable'".encode())
    (row,) = [row for row in findings(known, code=1)["settings"] if "serializable" in row["detail"]]
    assert "read committed" in row["remedy"]


def test_polling_that_was_asked_for_is_said(known: Database) -> None:
    (row,) = findings(known, PGSWARM_NOTIFY_PAYLOAD="none")["notify"]
    assert "polls" in row["detail"]


def states(found: list[Finding]) -> list[str]:
    return [finding.state for finding in found]


def test_a_transaction_that_stays_open_is_named(known: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(list(service.holders(known.conn))) == ["ok"]
    monkeypatch.setattr(service, "LONG_S", 0)
    with known.connect(autocommit=False) as other:
        (row,) = other.execute("select pg_backend_pid() as pid").fetchall()
        (found,) = service.holders(known.conn)
    assert f"process {row['pid']}" in found.detail
    assert str(row["pid"]) in found.remedy


def test_a_clock_that_is_off_and_slow_notifications_are_notes(known: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(list(service.clock(known.conn))) == ["ok"]
    monkeypatch.setattr(service, "SKEW_S", -1)
    assert states(list(service.clock(known.conn))) == ["note"]
    monkeypatch.setattr(service, "SLOW_NOTIFY_MS", -1)
    assert states(list(service.notifications(known.conn, known.url))) == ["note"]


def test_data_of_an_older_postgresql_are_a_fault_with_the_command_that_brings_them_over(home: Home) -> None:
    account = home.prepare()
    home.data.mkdir(0o700)
    (home.data / "PG_VERSION").write_text("15\n")
    os.chown(home.data, account.uid, account.gid)
    said = ME.pgswarm("doctor", code=1, PGSWARM_HOME=str(home.root))
    assert "pgswarm db upgrade" in said
    assert "of PostgreSQL 15" in said


def test_what_the_database_refuses_is_a_finding_and_the_other_checks_go_on(known: Database) -> None:
    known.run("drop view pgswarm.stuck")
    found = findings(known, code=1)
    assert [row["state"] for row in found["stuck"]] == ["fault"]
    assert found["invariants"][0]["state"] == "ok"


def test_what_models_can_do_their_limits_and_the_files_of_swarms_are_told(known: Database) -> None:
    known.run("select pgswarm.set_model_limit('some-model', 20, 200000)")
    known.run(
        "insert into pgswarm.model_ability (server, model, structured, streams, learned_at)"
        " values ('http://here/v1', 'some-model', 'json_schema', true, now())"
    )
    swarm_id = start_swarm(known, "bench/noop")
    known.run(
        "with b as (insert into pgswarm.blob (blob, content, bytes) values ('b', 'x', 1500000))"
        " insert into pgswarm.workspace_file (swarm_id, path, seq, kind, blob, size, at)"
        " values (%(s)s, 'a', 1, 'file', 'b', 240000000, now())",
        s=swarm_id,
    )
    with known.connect() as conn:
        told = " ".join(f"{f.detail} {f.remedy}" for check in (kept.models, kept.workspaces) for f in check(conn))
    assert "some-model at http://here/v1: json_schema, streams" in told
    assert "some-model: 20 calls at once, 200,000 tokens a minute; 0 under way" in told
    assert "1.5 MB of files in the workspaces of 1 swarms" in told
    assert f"{swarm_id} has 240 of at most 256 MB" in told


def test_stores_tables_and_pgvector_are_told_without_their_secrets(known: Database, tmp_path: Path) -> None:
    known.run("create table public.orders (item text)")
    (tmp_path / "minutes").mkdir()
    file = tmp_path / "connections.toml"
    file.write_text(f"""
[tables.shop]
url = "${{SHOP_URL}}"
tables = ["public.orders", "public.invoices"]
[tables.broken]
url = "${{BROKEN_URL}}"
tables = ["t"]
[retrievers.minutes]
kind = "files"
options = {{ root = "{tmp_path}/minutes" }}
[uploaders.gone]
kind = "files"
options = {{ root = "{tmp_path}/gone" }}
""")
    broken = "postgresql://me:hunter2%zz@127.0.0.1/x"
    environment = {"PGSWARM_CONNECTIONS": str(file), "SHOP_URL": known.url, "BROKEN_URL": broken}
    found = findings(known, code=1, **environment)
    told = [(row["state"], row["detail"].split(":")[0]) for row in found["stores"]]
    assert told == [
        ("ok", "retrievers.minutes can be reached"),
        ("fault", "uploaders.gone"),
        ("ok", "table public.orders of tables.shop can be reached"),
        ("fault", "table public.invoices of tables.shop"),
        ("fault", "table t of tables.broken"),
    ]
    assert "hunter2" not in str(found)
    if known.value("select count(*) from pg_available_extensions where name = 'vector'"):
        assert "; pgvector 0." in found["vectors"][0]["detail"]
        known.run("drop extension vector")
        (row,) = findings(known, code=1, **environment)["vectors"]
        assert row["remedy"].startswith("As a superuser, in this database: create extension vector;")
        ME.pgswarm("migrate", PGSWARM_DATABASE_URL=known.url)
        assert known.value("select count(*) from pg_extension where extname = 'vector'") == 1
    else:
        assert "no pgvector on the server" in found["vectors"][0]["detail"]
