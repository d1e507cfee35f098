"""Every call of the client on the real application, and what is repeated when an answer is lost."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pgswarm.client import ApiError, ProtocolError, UnreachableError
from support.verbs import Kid, finish, spawn

WHO = ("mina", "a long sentence")


def swarms(site: Any) -> int:
    count: int = site.db.value("select count(*) from pgswarm.swarm")
    return count


def test_swarm_starts_with_its_options_and_is_seen(site: Any) -> None:
    started = site.anna.start("a goal", budget={"nodes": 7}, priority=2, args={"width": 3})
    found = site.anna.swarm(started.swarm_id)
    assert (found.goal, found.status, found.root_node_id) == ("a goal", "active", started.root_node_id)
    assert found.budget["nodes"] == 7
    assert found.model_extra["priority"] == 2
    assert site.anna.node(started.swarm_id, started.root_node_id).args == {"width": 3}
    assert [s.swarm_id for s in site.anna.swarms(status="active")] == [started.swarm_id]
    assert list(site.anna.swarms(status="terminated")) == []


def test_start_whose_answer_is_lost_starts_one_swarm(site: Any) -> None:
    site.proxy.lose = 2
    started = site.anna.start("a goal")
    assert site.proxy.lose == 0
    assert site.proxy.connections == 3
    assert swarms(site) == 1
    assert site.db.value("select swarm_id from pgswarm.swarm") == started.swarm_id


def test_refused_connections_are_tried_again(site: Any) -> None:
    site.proxy.refuse = 3
    assert site.anna.me().username == "anna"
    assert site.proxy.connections == 4


def test_key_of_the_callers_own_gives_the_same_swarm_or_a_conflict(site: Any) -> None:
    first = site.anna.start("a goal", idempotency_key="order-1")
    assert site.anna.start("a goal", idempotency_key="order-1") == first
    with pytest.raises(ApiError) as refused:
        site.anna.start("another", idempotency_key="order-1")
    assert refused.value.status == 409
    assert swarms(site) == 1


def test_refusal_says_what_is_wrong_and_is_not_tried_again(site: Any) -> None:
    client = site.anna
    with pytest.raises(ApiError) as refused:
        client.start("   ")
    error = refused.value
    assert (error.status, error.type, error.field) == (422, "urn:pgswarm:problem:invalid-input", "goal")
    assert error.title
    assert error.detail in str(error)
    assert error.request_id
    with pytest.raises(ApiError) as refused:
        client.swarm(site.api.swarm(site.api.ben))
    assert (refused.value.status, refused.value.field) == (404, "swarm_id")
    assert site.proxy.connections == 1
    with pytest.raises(ValueError, match="swarm_id"):
        client.swarm("../../healthz")


def test_lists_go_on_over_pages(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    site.api.worker.does(spawn(site.api.claim(swarm_id), *[Kid(directive=str(i)) for i in range(450)]))
    nodes = list(site.anna.nodes(swarm_id))
    assert len({node.node_id for node in nodes}) == len(nodes) == 451
    (root,) = site.anna.nodes(swarm_id, status="awaiting_children")
    assert len(list(site.anna.nodes(swarm_id, parent_id=root.node_id, status="pending"))) == 450


def test_swarm_is_paused_goes_on_and_is_cancelled_once(site: Any) -> None:
    client = site.anna
    swarm_id = site.api.swarm(site.api.anna)
    assert [client.pause(swarm_id).changed, client.pause(swarm_id).changed] == [True, False]
    assert client.resume(swarm_id).status == "active"
    ended = client.cancel(swarm_id)
    assert (ended.changed, ended.status, ended.outcome) == (True, "terminated", "cancelled")


def test_node_is_cancelled_and_budget_raised(site: Any) -> None:
    client = site.anna
    swarm_id = site.api.swarm(site.api.anna, "awaiting_children")
    first, second = client.nodes(swarm_id, status="pending")
    client.cancel_node(swarm_id, first.node_id)
    assert client.node(swarm_id, first.node_id).outcome == "cancelled"
    assert client.node(swarm_id, second.node_id).status == "pending"
    client.raise_budget(swarm_id, nodes=123, cost_usd=2.5)
    assert client.swarm(swarm_id).budget["nodes"] == 123


def test_question_is_answered_once_also_when_the_answer_to_it_is_lost(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna, "waiting_user")
    client = site.anna
    colour, number = client.questions()
    assert (colour.prompt, number.answer_schema) == ("Which colour?", {"type": "integer"})
    with pytest.raises(ApiError) as refused:
        client.answer(number.question_id, "three")
    assert (refused.value.status, refused.value.field) == (422, "answer")
    site.proxy.lose = 1
    assert client.answer(colour.question_id, "blue").answer == "blue"
    assert client.answer(colour.question_id, "blue").status == "answered"
    with pytest.raises(ApiError) as refused:
        client.answer(colour.question_id, "red")
    assert (refused.value.status, refused.value.type) == (409, "urn:pgswarm:problem:already-answered")
    assert [q.question_id for q in client.questions(swarm_id=swarm_id)] == [number.question_id]
    assert len(list(client.questions(swarm_id=swarm_id, only_open=False))) == 2
    assert client.question(colour.question_id).answer == "blue"


def test_message_whose_answer_is_lost_is_written_once(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    client = site.anna
    root = client.swarm(swarm_id).root_node_id
    site.proxy.lose = 1
    written = client.write(swarm_id, "to all")
    client.write(swarm_id, "to the root", node_id=root)
    assert [m.content for m in client.messages(swarm_id)] == ["to all", "to the root"]
    assert next(iter(client.messages(swarm_id, root))).message_id == written.message_id


def test_files_are_sent_by_path_and_by_content(site: Any, tmp_path: Path) -> None:
    path = tmp_path / "rain.csv"
    path.write_text("day,mm\n1,4\n")
    client = site.anna
    site.proxy.lose = 1
    rain, note = client.upload(path, ("note.txt", b"be brief"))
    assert (rain.name, rain.kind, note.name, note.size) == ("rain.csv", "csv", "note.txt", 8)
    started = client.start("read", files=[rain.upload_id, note.upload_id])
    assert client.swarm(started.swarm_id).status == "active"
    assert (
        client.write(started.swarm_id, "see this", files=[note.upload_id]).model_extra["files"][0]["name"] == "note.txt"
    )
    with pytest.raises(ValueError, match="files"):
        client.upload()


def test_account_signs_up_logs_in_and_out(site: Any) -> None:
    client = site.client()
    made = client.signup(*WHO)
    with pytest.raises(ApiError) as refused:
        client.me()
    assert refused.value.status == 401
    token = client.login(*WHO)
    assert token.access_token not in repr(token)
    assert client.me().account_id == made.account_id
    client.logout()
    assert client.token is None
    with pytest.raises(ApiError) as refused:
        client.me()  # nor is there a cookie that calls on
    assert refused.value.status == 401
    with pytest.raises(ApiError) as refused:
        site.client().login(WHO[0], "another sentence")
    assert refused.value.status == 401


def test_login_whose_answer_is_lost_is_not_sent_again(site: Any) -> None:
    site.client().signup(*WHO)
    client = site.client()
    site.proxy.lose = 1
    with pytest.raises(UnreachableError, match="/v1/auth/login"):
        client.login(*WHO)
    assert site.proxy.lose == 0
    assert site.db.value("select count(*) from pgswarm.api_token where label like 'login%%'") == 1


def test_past_is_read_forked_and_compared(site: Any) -> None:
    client = site.anna
    swarm_id = site.api.swarm(site.api.anna, "awaiting_children")
    history = list(client.history(swarm_id))
    assert [e.seq for e in history] == [e.seq for e in client.history(swarm_id, 0)] == list(range(1, len(history) + 1))
    assert history[2].verb == "claim"
    assert [e.seq for e in client.history(swarm_id, 2)] == [e.seq for e in history[2:]]
    assert [n.status for n in client.state(swarm_id, at_seq=2)] == ["pending"]
    assert len(list(client.state(swarm_id))) == 3
    assert len(list(client.state(swarm_id, at=history[-1].at))) == 3
    site.proxy.lose = 1
    fork = client.fork(swarm_id, 2)
    assert (fork.forked_from, fork.forked_at_seq) == (swarm_id, 2)
    copy = client.copy(swarm_id)
    assert copy.forked_at_seq == history[-1].seq
    assert swarms(site) == 3
    difference = client.diff(swarm_id, fork.swarm_id)
    assert (difference.only_here, difference.only_there) == (2, 0)
    assert difference.first is not None
    assert client.diff(swarm_id, copy.swarm_id).only_here == 0


def test_history_goes_on_over_pages_up_to_where_it_began(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    site.api.worker.does(spawn(site.api.claim(swarm_id), *[Kid(directive=str(i)) for i in range(1100)]))
    walk = site.anna.history(swarm_id)
    first = next(walk)
    newest = site.db.value("select max(seq) from pgswarm.event where swarm_id = %(s)s", s=swarm_id)
    site.api.worker.does(finish(site.api.claim(swarm_id), "one more"))
    assert [first.seq, *(event.seq for event in walk)] == list(range(1, newest + 1))


def test_what_is_no_pgswarm_api_is_found_out(site: Any) -> None:
    client = site.client(site.api.anna, f"{site.proxy.url}/v1/swarms")
    with pytest.raises(ApiError) as refused:
        client.me()
    assert refused.value.status == 404
    with pytest.raises(ValueError, match="url"):
        site.client(url="localhost:8000")


def test_answer_that_is_not_read_is_said(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    monkeypatch.setattr("pgswarm.client.calls.swarms.of_swarm", lambda *_: "/healthz")
    with pytest.raises(ProtocolError, match="pgswarm API"):
        site.anna.swarm(swarm_id)


def test_unknown_id_is_refused_by_every_call_alike(site: Any) -> None:
    missing = uuid4()
    for call in ("swarm", "pause", "resume", "cancel", "copy"):
        with pytest.raises(ApiError) as refused:
            getattr(site.anna, call)(missing)
        assert refused.value.status == 404, call
    for call in ("nodes", "messages", "events", "history", "state"):
        with pytest.raises(ApiError) as refused:
            list(getattr(site.anna, call)(missing))
        assert refused.value.status == 404, call


def test_value_that_json_cannot_hold_is_refused_before_it_is_sent(site: Any) -> None:
    (question, _) = site.api.swarm(site.api.anna, "waiting_user") and list(site.anna.questions())
    for value in (float("nan"), object()):
        with pytest.raises(ValueError, match="JSON"):
            site.anna.answer(question.question_id, value)
    assert json.loads(json.dumps(site.anna.question(question.question_id).answer)) is None
