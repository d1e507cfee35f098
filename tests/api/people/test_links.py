"""One-use answer links."""

import asyncio
import logging
import uuid

import pytest
from psycopg import sql

from pgswarm.api.secrets import HideSecrets, shown
from support.api import Api, problem
from support.verbs import ask, cancel, events


async def made(api: Api, question: object = "Which colour?", **wanted: float) -> tuple[str, str, uuid.UUID]:
    """Let a swarm of anna's ask; return the link's path, the question's id, and the swarm's."""
    run = api.claim(api.swarm(api.anna))
    api.worker.does(ask(run, question))
    client = api.client(api.anna)
    question_id = (await client.get(f"/v1/questions?swarm_id={run.swarm_id}")).json()["items"][0]["question_id"]
    response = await client.post(f"/v1/questions/{question_id}/links", json=wanted)
    assert response.status_code == 201, response.text
    return response.json()["url"].removeprefix("http://api.test"), question_id, run.swarm_id


async def test_whoever_has_the_link_sees_the_question_and_answers_it_once(api: Api) -> None:
    path, question_id, swarm_id = await made(api)
    nobody = api.client()
    for _ in range(2):  # looking uses nothing up
        seen = (await nobody.get(path)).json()
        assert (seen["status"], seen["prompt"]) == ("open", "Which colour?")
        assert "swarm_id" not in seen
    first = await nobody.post(path, json={"answer": "blue"})
    assert (first.status_code, first.json()["result"]) == (200, "accepted")
    assert (await nobody.post(path, json={"answer": "blue"})).text == first.text
    problem(await nobody.post(path, json={"answer": "red"}), 409, "already-answered")
    seen = (await nobody.get(path)).json()
    assert (seen["status"], seen["answer"]) == ("used", "blue")
    client = api.client(api.anna)
    question = (await client.get(f"/v1/questions/{question_id}")).json()
    (link,) = (await client.get(f"/v1/questions/{question_id}/links")).json()
    assert (question["answer"], question["answered_by"]) == ("blue", f"link:{link['link_id']}")
    assert link["status"] == "used"
    told = next(e for e in events(api.db.conn, swarm_id) if e["kind"] == "question.answered")
    assert told["actor"] == str(api.anna.account_id)  # on whose behalf


async def test_hundred_deliveries_at_once_are_one_answer(api: Api) -> None:
    path, _, swarm_id = await made(api)
    nobody = api.client()
    responses = await asyncio.gather(*(nobody.post(path, json={"answer": {"n": 1}}) for _ in range(100)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.text for response in responses}) == 1
    assert [e["kind"] for e in events(api.db.conn, swarm_id)].count("question.answered") == 1


async def test_token_is_in_no_row_no_event_and_no_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    path, question_id, _ = await made(api)
    token = path.rsplit("/", 1)[1]
    client = api.client(api.anna, {"Idempotency-Key": "l-1"})
    kept = (await client.post(f"/v1/questions/{question_id}/links", json={})).json()["url"].rsplit("/", 1)[1]
    with caplog.at_level(logging.DEBUG):
        await api.client().post(path, json={"answer": "blue"})
    tables = api.db.rows("select tablename as name from pg_tables where schemaname = 'pgswarm'")
    for table in tables:
        query = sql.SQL("select t::text from pgswarm.{} t").format(sql.Identifier(table["name"]))
        rows = str(api.db.conn.execute(query).fetchall())
        assert token not in rows
        assert kept not in rows
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not [record for record in ours if token in record.getMessage()]


def test_access_log_is_written_without_tokens() -> None:
    line = ("1.2.3.4:5", "POST", "/v1/answers/s3cr3t-T0ken_?whole_body=true", "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', line, None)
    assert HideSecrets().filter(record)
    assert record.getMessage() == '1.2.3.4:5 - "POST /v1/answers/…?whole_body=true HTTP/1.1" 200'
    assert shown("/v1/swarms/s3cr3t") == "/v1/swarms/s3cr3t"


async def test_link_holds_until_it_expires_or_is_taken_back(api: Api) -> None:
    path, question_id, _ = await made(api, expires_in_s=60)
    client, nobody = api.client(api.anna), api.client()
    other = (await client.post(f"/v1/questions/{question_id}/links", json={})).json()
    base = f"/v1/questions/{question_id}/links/{other['link_id']}"
    assert (await client.delete(base)).status_code == 204
    assert (await client.delete(base)).status_code == 204
    problem(await nobody.post(other["url"], json={"answer": 1}), 409, "question-closed")
    api.db.clock.advance(61)
    problem(await nobody.post(path, json={"answer": 1}), 409, "question-closed")
    assert (await nobody.get(path)).json()["status"] == "expired"
    assert (await client.get(f"/v1/questions/{question_id}")).json()["status"] == "open"


async def test_link_of_a_question_that_is_gone_is_told_so(api: Api) -> None:
    path, question_id, swarm_id = await made(api)
    cancel(api.db.conn, swarm_id)
    problem(await api.client().post(path, json={"answer": 1}), 409, "question-closed")
    anna = api.client(api.anna)
    response = await anna.post(f"/v1/questions/{question_id}/links", json={})
    problem(response, 409, field="question_id")
    (link,) = (await anna.get(f"/v1/questions/{question_id}/links")).json()
    assert (await anna.delete(f"/v1/questions/{question_id}/links/{link['link_id']}")).status_code == 204
    assert events(api.db.conn, swarm_id)[-1]["kind"] == "swarm.terminated"  # and nothing after it


async def test_another_link_or_channel_may_be_first(api: Api) -> None:
    path, question_id, _ = await made(api)
    await api.client(api.anna).post(f"/v1/questions/{question_id}/answer", json={"answer": "blue"})
    problem(await api.client().post(path, json={"answer": "blue"}), 409)
    assert (await api.client().get(path)).json()["answer"] is None  # not for whoever holds a link


async def test_answer_by_link_is_checked_and_may_be_the_whole_body(api: Api) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]}
    path, _, _ = await made(api, {"prompt": "?", "schema": schema})
    nobody = api.client()
    problem(await nobody.post(path, json={"answer": {"n": 2}}), 422, field="answer.n")
    problem(await nobody.post(path, json={"n": 3}), 422, field="answer")
    problem(await nobody.post(path, json={"answer": {"n": 3}, "more": 1}), 422, field="more")
    problem(await nobody.post(path, content=b"{", headers={"Content-Type": "application/json"}), 400)
    assert (await nobody.post(f"{path}?whole_body=true", json={"n": 3, "from": "hook"})).status_code == 200


async def test_unknown_token_and_another_s_question_are_not_there(api: Api) -> None:
    _, question_id, _ = await made(api)
    problem(await api.client().get("/v1/answers/" + "x" * 43), 404, field="token")
    problem(await api.client().post("/v1/answers/" + "x" * 43, json={"answer": 1}), 404, field="token")
    client = api.client(api.ben)
    problem(await client.post(f"/v1/questions/{question_id}/links", json={}), 404, field="question_id")
    problem(await client.get(f"/v1/questions/{question_id}/links"), 404, field="question_id")
    problem(await client.delete(f"/v1/questions/{question_id}/links/{uuid.uuid4()}"), 404, field="question_id")


async def test_link_made_again_under_its_key_is_the_same_link_with_a_new_address(api: Api) -> None:
    _, question_id, _ = await made(api)
    client = api.client(api.anna, {"Idempotency-Key": "l-1"})
    one, two = [(await client.post(f"/v1/questions/{question_id}/links", json={})).json() for _ in range(2)]
    assert one["link_id"] == two["link_id"]
    problem(await api.client().get(one["url"]), 404)
    assert (await api.client().get(two["url"])).status_code == 200
    assert len((await client.get(f"/v1/questions/{question_id}/links")).json()) == 2
