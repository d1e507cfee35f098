"""What people do, by the client: answer links, conversations, files, and what an operator does to nodes."""

from typing import Any

import pytest

from pgswarm.client import ApiError
from support.verbs import Kid, fail, spawn


def test_question_is_answered_by_a_link_once_and_without_a_token(site: Any) -> None:
    site.api.swarm(site.api.anna, "waiting_user")
    client = site.anna
    colour, number = client.questions()
    site.proxy.lose = 1
    link = client.make_link(colour.question_id, expires_in_s=60)
    assert link.url not in repr(link)
    nobody = site.client()
    assert nobody.linked_question(link.url).prompt == "Which colour?"
    site.proxy.lose = 1
    nobody.answer_link(link.url.rpartition("/")[2], "blue")
    with pytest.raises(ApiError) as refused:
        nobody.answer_link(link.url, "red")
    assert refused.value.status == 409
    assert client.question(colour.question_id).answer == "blue"
    assert [(known.link_id, known.status) for known in client.links(colour.question_id)] == [(link.link_id, "used")]

    second = client.make_link(number.question_id)
    client.end_link(number.question_id, second.link_id)
    assert nobody.linked_question(second.url).status == "revoked"
    with pytest.raises(ValueError, match="answer link") as wrong:
        nobody.linked_question("http://127.0.0.1/../v1/auth/me?secret")
    assert "secret" not in str(wrong.value)


def test_conversation_is_begun_filled_renamed_and_ended(site: Any) -> None:
    client = site.anna
    site.proxy.lose = 1
    talk = client.begin_conversation("Trip to the sea")
    assert [found.conversation_id for found in client.conversations()] == [talk.conversation_id]
    started = client.start("Where is it warm?", conversation_id=talk.conversation_id)
    client.write(started.swarm_id, "in May")
    assert client.rename_conversation(talk.conversation_id, "Trip to the hills").title == "Trip to the hills"
    found = client.conversation(talk.conversation_id)
    assert (found.swarms, found.living, found.ended_at) == (1, 1, None)
    said = client.what_was_said(talk.conversation_id)
    assert [(one.kind, one.content) for one in said] == [("goal", "Where is it warm?"), ("message", "in May")]
    assert client.end_conversation(talk.conversation_id).ended_at is not None
    with pytest.raises(ApiError) as refused:
        client.start("another", conversation_id=talk.conversation_id)
    assert refused.value.status == 409


def test_files_come_back_as_they_were_sent(site: Any) -> None:
    content = bytes(range(256))
    (sent,) = site.anna.upload(("all.bin", content))
    assert site.anna.download(sent.upload_id) == content
    assert site.anna.uploaded(sent.upload_id) == sent
    assert [found.upload_id for found in site.anna.uploads()] == [sent.upload_id]
    with pytest.raises(ApiError) as refused:
        site.client(site.api.ben).download(sent.upload_id)
    assert refused.value.status == 404


def test_node_is_told_otherwise_and_a_failed_one_is_tried_again_once(site: Any) -> None:
    client = site.anna
    swarm_id = site.api.swarm(site.api.anna)
    site.api.worker.does(spawn(site.api.claim(swarm_id), Kid(directive="in English"), Kid(directive="stays")))
    site.api.worker.does(fail(site.api.claim(swarm_id)))
    (failed,) = (node for node in client.nodes(swarm_id) if node.outcome == "failed")
    site.proxy.lose = 1
    again = client.retry_node(swarm_id, failed.node_id)
    assert again.retry_of == failed.node_id
    assert len(list(client.nodes(swarm_id))) == 4
    changed = client.change_directive(swarm_id, again.node_id, "in French")
    assert (changed.changed, changed.status) == (True, "pending")
    assert client.node(swarm_id, again.node_id).directive == "in French"
    assert client.cancel_node(swarm_id, again.node_id).status == "terminated"
    assert list(client.llm_calls(swarm_id, again.node_id)) == []
    with pytest.raises(ApiError) as refused:
        client.delete(swarm_id)
    assert refused.value.status == 409
    client.cancel(swarm_id)
    client.delete(swarm_id)
    assert list(client.swarms()) == []
