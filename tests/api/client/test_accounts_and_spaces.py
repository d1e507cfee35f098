"""Tokens, passwords and accounts by the client; what there is to work with; a stream that begins with a snapshot."""

from typing import Any
from uuid import UUID

import pytest

from pgswarm.client import ApiError, Swarm, UnreachableError
from support.verbs import cancel

WHO = ("mina", "a long sentence")


def save(site: Any, swarm_id: UUID, name: str, content: bytes) -> UUID:
    found: UUID = site.db.value(
        "select pgswarm.save_entry(swarm_id => %(s)s, node_id => null, name => %(name)s, kind => 'text',"
        " description => 'it', folder => 'contracts', content => %(content)s)",
        s=swarm_id, name=name, content=content,
    )  # fmt: skip
    return found


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
    site.proxy.lose = 1
    kept = client.save_entry(swarm_id, "contract.txt", folder="contracts", content=text, if_version=0)
    util = client.save_entry(swarm_id, "a.py", space="util", content="def a(): ...", fields={"language": "python"})
    assert (util.space, util.kind) == ("util", "function")
    entry_id = kept.entry_id
    assert (site.proxy.lose, kept.version, kept.kind) == (0, 1, "text")
    (found,) = client.entries("memory", swarm_id=swarm_id, folder="contracts/")
    assert (found.entry_id, found.path) == (entry_id, "contracts/contract.txt")
    assert client.entry("memory", entry_id) == found
    assert client.content("memory", entry_id) == text.encode()
    (passage,) = client.search_memory(swarm_id, "paying rent", limit=1)
    assert (passage.entry_id, passage.content) == (entry_id, text)
    assert "swarm/route_action" in {action.path for action in client.entries("action")}
    with pytest.raises(ValueError, match="space is 'memories'"):
        list(client.entries("memories"))


def test_tree_is_walked_and_an_entry_is_moved_and_read_as_it_was(site: Any) -> None:
    client = site.anna
    swarm_id = site.api.swarm(site.api.anna)
    entry_id = save(site, swarm_id, "deal.txt", b"old")
    save(site, swarm_id, "deal.txt", b"new")
    top = {found.name: found for found in client.level("memory", swarm_id=swarm_id)}
    assert [top[name].layer for name in ("contracts", "references")] == ["swarm", "built_in"]
    (found,) = client.level("memory", swarm_id=swarm_id, path="contracts")
    assert (found.entry_id, found.search, top["contracts"].below) == (entry_id, "text", 1)
    assert [found] == list(client.level("memory", swarm_id=swarm_id, folder_id=top["contracts"].entry_id))
    with pytest.raises(ApiError) as refused:
        client.move_entry("memory", entry_id, name="lease.txt", if_version=1)
    assert (refused.value.status, refused.value.field) == (409, "if_version")
    site.proxy.lose = 1
    moved = client.move_entry("memory", entry_id, parent_id=top["references"].entry_id, name="lease.txt")
    assert (site.proxy.lose, moved.version) == (0, 3)
    assert [place.path for place in client.entry_path("memory", entry_id)] == [
        "", "references", "references/lease.txt",
    ]  # fmt: skip
    assert [client.content("memory", entry_id, version=number) for number in (1, 2)] == [b"old", b"new"]
    history = client.entry_history("memory", entry_id, limit=2)
    assert [(was.version, was.path) for was in history] == [(3, "references/lease.txt"), (2, "contracts/deal.txt")]
    assert client.verify_space("memory", swarm_id=swarm_id) == []


def test_entries_are_merged_and_removed_once_and_what_is_shared_stays(site: Any) -> None:
    client = site.anna
    swarm_id = site.api.swarm(site.api.anna)
    one, twin, last = (save(site, swarm_id, name, b"same") for name in ("a.txt", "b.txt", "c.txt"))
    assert client.merge_entry("memory", twin, one, if_version=1) == 1
    assert [found.entry_id for found in client.entries("memory", swarm_id=swarm_id)] == [one, last]
    site.proxy.lose = 1
    with pytest.raises(UnreachableError, match="1 attempt"):  # sent again it would be refused
        client.remove_entry("memory", last)
    assert client.remove_entry("memory", one, if_version=1) == 1
    assert list(client.entries("memory", swarm_id=swarm_id)) == []
    assert client.entry_history("memory", one, swarm_id=swarm_id)[0].removed_by == str(site.api.anna.account_id)
    shared = next(iter(client.level("memory")))
    with pytest.raises(ApiError, match="shared"):
        client.remove_entry("memory", shared.entry_id)


def test_blueprint_is_made_once_stood_upon_and_started_from(site: Any) -> None:
    client = site.anna
    swarm_id = site.api.swarm(site.api.anna)
    entry_id = save(site, swarm_id, "deal.txt", b"The rent is due.")
    site.proxy.lose = 1
    first = client.create_blueprint(
        "careful",
        settings={"approve": "plan"},
        keys=["SEARCH_API_KEY"],
        contribution={"swarm_id": swarm_id, "entry_ids": [entry_id]},
        entries=[{"name": "style.md", "kind": "markdown", "folder": "references", "content": "Be brief."}],
    )
    assert (site.proxy.lose, first.version, first.used_at) == (0, 1, None)
    assert client.blueprint(first.blueprint_id) == first
    (deal,) = client.level("memory", blueprint_id=first.blueprint_id, path="contracts")
    second = client.create_blueprint("careful", based_on=first.blueprint_id, leave_out=[deal.entry_id])
    assert (second.version, second.keys, second.base_ids) == (2, ["SEARCH_API_KEY"], [first.blueprint_id])
    assert [found.version for found in client.blueprints()] == [1, 2]
    assert client.verify_space("memory", blueprint_id=second.blueprint_id) == []
    started = client.start("a goal", blueprint=second.blueprint_id)
    (references,) = (found for found in client.level("memory", swarm_id=started.swarm_id) if found.below)
    (passage,) = client.search_memory(started.swarm_id, "brief rent", folder_id=references.entry_id)
    assert passage.path == "references/style.md"
    assert client.blueprint(second.blueprint_id).used_at is not None


def test_processors_are_listed(site: Any) -> None:
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
