"""The inbox and answers over HTTP."""

import asyncio
import uuid
from typing import Any
from uuid import UUID

import pytest

from support.api import Account, Api, problem
from support.verbs import Act, Run, ask, cancel, events


def asked(api: Api, owner: Account, *questions: str | dict[str, Any]) -> tuple[Run, list[UUID]]:
    """Let the root of a new swarm ask; return its run and the questions' ids, in their order."""
    run = api.claim(api.swarm(owner))
    act: Act = ask(run, *questions)
    api.worker.does(act)
    rows = api.db.rows(
        "select question_id from pgswarm.question where swarm_id = %(s)s order by position", s=run.swarm_id
    )
    return run, [row["question_id"] for row in rows]


async def test_inbox_holds_the_open_questions_of_all_swarms_of_the_caller_alone(api: Api) -> None:
    _, [colour, number] = asked(api, api.anna, "Which colour?", {"prompt": "How many?", "choices": [1, 2]})
    _, [place] = asked(api, api.anna, "Where?")
    asked(api, api.ben, "ben's?")
    client = api.client(api.anna)
    first = (await client.get("/v1/questions", params={"open": True, "limit": 2})).json()
    rest = (await client.get("/v1/questions", params={"open": True, "cursor": first["next_cursor"]})).json()
    items = first["items"] + rest["items"]
    assert {item["question_id"] for item in items} == {str(colour), str(number), str(place)}
    assert len(items) == 3
    assert rest["next_cursor"] is None
    assert next(item for item in items if item["question_id"] == str(number))["choices"] == [1, 2]
    assert {item["status"] for item in items} == {"open"}
    everybody = (await api.client(api.root).get("/v1/questions?open=true")).json()["items"]
    assert len(everybody) == 4


async def test_questions_are_answered_in_any_order_and_the_last_one_wakes_the_node(api: Api) -> None:
    run, [first, second] = asked(api, api.anna, "one?", "two?")
    client = api.client(api.anna)
    done = await client.post(f"/v1/questions/{second}/answer", json={"answer": {"b": [1, None]}})
    assert done.status_code == 200
    assert done.json()["question"]["answer"] == {"b": [1, None]}
    assert done.json()["question"]["answered_by"] == str(api.anna.account_id)
    assert (await client.get("/v1/questions?open=true")).json()["items"][0]["question_id"] == str(first)
    assert (await client.post(f"/v1/questions/{first}/answer", json={"answer": None})).status_code == 200
    again = api.claim(run.swarm_id)
    assert [a["answer"] for a in again.row["context"]["answers"]] == [None, {"b": [1, None]}]
    answered = (await client.get("/v1/questions", params={"open": False, "node_id": str(run.node_id)})).json()["items"]
    assert [item["status"] for item in answered] == ["answered", "answered"]


async def test_hundred_identical_answers_at_once_are_one_and_get_the_same_response(api: Api) -> None:
    run, [question] = asked(api, api.anna, "well?")
    client = api.client(api.anna)
    sent = [client.post(f"/v1/questions/{question}/answer", json={"answer": {"n": 1}}) for _ in range(100)]
    responses = await asyncio.gather(*sent)
    assert {response.status_code for response in responses} == {200}
    assert len({response.text for response in responses}) == 1
    told = [e["kind"] for e in events(api.db.conn, run.swarm_id)]
    assert told.count("question.answered") == 1


async def test_late_answer_is_told_so(api: Api) -> None:
    run, [answered, other] = asked(api, api.anna, "one?", "two?")
    client = api.client(api.anna)
    await client.post(f"/v1/questions/{answered}/answer", json={"answer": "a"})
    problem(await client.post(f"/v1/questions/{answered}/answer", json={"answer": "b"}), 409, "already-answered")
    admin = api.client(api.root)
    problem(await admin.post(f"/v1/questions/{answered}/answer", json={"answer": "a"}), 409, "already-answered")
    cancel(api.db.conn, run.swarm_id)
    problem(await client.post(f"/v1/questions/{other}/answer", json={"answer": "b"}), 409, "question-closed")


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"days": [1, 99]}, "answer.days[1]"),
        ({"days": [1], "more": 1}, "answer"),
        ({"days": "x"}, "answer.days"),
        ({"days": [], "mail": "nobody"}, "answer.mail"),
    ],
)
async def test_answer_is_checked_against_the_whole_schema(api: Api, answer: Any, field: str) -> None:
    schema = {
        "type": "object",
        "properties": {
            "days": {"type": "array", "items": {"type": "integer", "maximum": 31}},
            "mail": {"type": "string", "pattern": "^[^@]+@[^@]+$"},
        },
        "additionalProperties": False,
    }
    _, [question] = asked(api, api.anna, {"prompt": "When?", "schema": schema})
    client = api.client(api.anna)
    said = problem(await client.post(f"/v1/questions/{question}/answer", json={"answer": answer}), 422)
    assert said["field"] == field
    assert said["errors"]
    assert (await client.get(f"/v1/questions/{question}")).json()["status"] == "open"
    right = {"answer": {"days": [1, 31], "mail": "a@b"}}
    assert (await client.post(f"/v1/questions/{question}/answer", json=right)).status_code == 200


async def test_answer_that_is_none_of_the_choices_is_refused(api: Api) -> None:
    _, [question] = asked(api, api.anna, {"prompt": "?", "choices": ["sea", "hills"]})
    client = api.client(api.anna)
    problem(await client.post(f"/v1/questions/{question}/answer", json={"answer": "city"}), 422, field="answer")
    problem(await client.post(f"/v1/questions/{question}/answer", json={}), 422, field="answer")


async def test_another_s_question_is_not_there(api: Api) -> None:
    _, [question] = asked(api, api.anna, "?")
    client = api.client(api.ben)
    for wrong in (question, uuid.uuid4()):
        problem(await client.get(f"/v1/questions/{wrong}"), 404, field="question_id")
        problem(await client.post(f"/v1/questions/{wrong}/answer", json={"answer": 1}), 404, field="question_id")
    assert (await client.get("/v1/questions")).json()["items"] == []


async def test_expired_question_shows_its_default_and_takes_no_answer(api: Api) -> None:
    run, [question] = asked(api, api.anna, {"prompt": "?", "default_answer": "tea", "expires_in_s": 60})
    api.db.clock.advance(61)
    client = api.client(api.anna)
    problem(await client.post(f"/v1/questions/{question}/answer", json={"answer": "milk"}), 409, "question-closed")
    shown = (await client.get(f"/v1/questions/{question}")).json()
    assert (shown["status"], shown["answer"]) == ("expired", "tea")
    assert api.claim(run.swarm_id).row["context"]["answers"][0]["expired"] is True
