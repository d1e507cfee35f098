"""Tokens, passwords and accounts by the client; what there is to work with; a stream that begins with a snapshot."""

from typing import Any

import pytest

from pgswarm.client import ApiError, Swarm
from support.verbs import cancel

WHO = ("mina", "a long sentence")


def test_tokens_are_made_listed_and_ended_and_the_password_is_changed(site: Any) -> None:
    client = site.client()
    client.signup(*WHO)
    client.login(*WHO)
    made = client.make_token("nightly report", lifetime_s=60)
    listed = {token.token_id: token.label for token in client.tokens()}
    assert listed[made.token_id] == "nightly report"
    client.end_token(made.token_id)
    (ended,) = (token for token in client.tokens() if token.token_id == made.token_id)
    assert ended.revoked_at is not None
    client.change_password(WHO[1], "another sentence")
    with pytest.raises(ApiError) as refused:
        client.login(*WHO)
    assert refused.value.status == 401


def test_administrator_disables_an_account_and_finds_all(site: Any) -> None:
    admin = site.client(site.api.root)
    anna = site.api.anna
    assert {account.username for account in admin.accounts()} == {"root", "anna"}
    assert admin.change_account(anna.account_id, disabled=True).disabled
    with pytest.raises(ApiError) as refused:
        site.anna.me()
    assert refused.value.status == 401
    assert admin.change_account(anna.account_id, disabled=False, role="admin").role == "admin"


def test_memory_is_listed_read_and_searched(site: Any) -> None:
    client = site.anna
    swarm_id = site.api.swarm(site.api.anna)
    text = "The tenant shall pay the rent."
    entry_id = site.db.value(
        "select pgswarm.save_entry(swarm_id => %(s)s, node_id => null, name => 'contract.txt', kind => 'text',"
        " description => 'it', folder => 'contracts', content => %(content)s)",
        s=swarm_id, content=text.encode(),
    )  # fmt: skip
    (found,) = client.entries("memory", swarm_id=swarm_id, folder="contracts/")
    assert (found.entry_id, found.path) == (entry_id, "contracts/contract.txt")
    assert client.entry("memory", entry_id) == found
    assert client.content("memory", entry_id) == text.encode()
    (passage,) = client.search_memory(swarm_id, "paying rent", limit=1)
    assert (passage.entry_id, passage.content) == (entry_id, text)
    assert "swarm/route_action" in {action.path for action in client.entries("action")}
    with pytest.raises(ValueError, match="space is 'memories'"):
        list(client.entries("memories"))


def test_blueprints_and_processors_are_listed(site: Any) -> None:
    site.db.run(
        "insert into pgswarm.blueprint (blueprint_id, name, settings)"
        " values (pgswarm.new_id(), 'careful', '{\"approve\": \"plan\"}')"
    )
    assert [(found.name, found.settings["approve"]) for found in site.anna.blueprints()] == [("careful", "plan")]
    site.api.claim(site.api.swarm(site.api.anna))
    (worker,) = site.anna.workers()
    assert (worker.running, worker.alive, worker.pid) == (1, True, None)
    assert next(iter(site.client(site.api.root).workers(also_ended=True))).pid is not None


def test_stream_begins_with_the_swarm_as_it_is_and_goes_on(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna, "waiting_user")
    stream = site.anna.events(swarm_id, snapshot=True, within_s=60)
    first = [next(stream) for _ in range(5)]
    assert [event.kind for event in first] == [
        "snapshot.swarm", "snapshot.node", "snapshot.question", "snapshot.question", "snapshot.end",
    ]  # fmt: skip
    swarm: Swarm = site.anna.swarm(swarm_id)
    assert first[-1].seq == swarm.last_seq
    site.proxy.cut()
    cancel(site.db.conn, swarm_id)
    rest = list(stream)
    assert rest[0].seq == swarm.last_seq + 1
    assert rest[-1].kind == "swarm.terminated"
    with pytest.raises(ValueError, match="snapshot"):
        next(site.anna.events(swarm_id, 1, snapshot=True))
