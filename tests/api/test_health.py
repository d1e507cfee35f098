"""Health, readiness and metrics, with and without a database."""

import re

from support.api import Api, problem
from support.database import Database

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


async def test_without_a_database_it_lives_but_is_not_ready(db: Database) -> None:
    async with Api(db, pool_wait_s=0.5, database_url=NOWHERE).running() as api:
        client = api.client(api.anna)
        assert (await client.get("/healthz")).status_code == 200
        for url in ("/readyz", "/v1/swarms"):
            refused = await client.get(url)
            problem(refused, 503, "unavailable")
            assert int(refused.headers["retry-after"]) >= 1
        assert "pgswarm_database_up 0.0" in (await client.get("/metrics")).text


async def test_a_database_without_pgswarm_is_not_ready(db: Database, empty_db: Database) -> None:
    async with Api(db, database_url=empty_db.url).running() as api:
        refused = problem(await api.client().get("/readyz"), 503)
        assert "migrate" in refused["remedy"]


async def test_connections_that_the_server_cut_are_replaced(api: Api) -> None:
    client = api.client(api.anna)
    for _ in range(3):
        assert (await client.get("/v1/swarms")).status_code == 200
        api.db.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    assert (await client.get("/v1/swarms")).status_code == 200


async def test_a_statement_that_takes_too_long_is_told_as_such(db: Database) -> None:
    async with Api(db, statement_timeout_s=0.2).running() as api:
        swarm_id = api.swarm(api.anna)
        with db.connect(autocommit=False) as other:
            other.execute("select pgswarm.lock_swarms(array[%s]::uuid[])", [swarm_id])
            problem(await api.client(api.anna).post(f"/v1/swarms/{swarm_id}/pause"), 503, "timeout")
        assert (await api.client(api.anna).post(f"/v1/swarms/{swarm_id}/pause")).json()["changed"] is True


async def test_metrics_count_requests_and_what_is_in_the_database_without_telling_whose(api: Api) -> None:
    swarm_id = api.swarm(api.anna, "waiting_user")
    api.swarm(api.anna, "paused")
    await api.client(api.anna).get(f"/v1/swarms/{swarm_id}")
    await api.client().get("/v1/swarms")
    text = (await api.client().get("/metrics")).text
    for line in (
        'pgswarm_http_requests_total{method="GET",route="/v1/swarms/{swarm_id}",status="200"} 1.0',
        'pgswarm_http_requests_total{method="GET",route="/v1/swarms",status="401"} 1.0',
        "pgswarm_database_up 1.0",
        "pgswarm_swarms_active 1.0",
        "pgswarm_swarms_paused 1.0",
        "pgswarm_questions_open 2.0",
        "pgswarm_workers_alive 1.0",
    ):
        assert line in text.splitlines(), line
    assert not re.search(r"anna|[0-9a-f]{8}-[0-9a-f]{4}", text)
