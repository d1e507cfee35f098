"""The router on large spaces: it reads one page of one level at a time, and so does the model.

Rows and characters are counted; the model is a function that knows where it wants to go.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from db.spaces.conftest import OpenStage
from pgswarm.actions import Finish, Spawn
from pgswarm.actions.base import ActionError
from pgswarm.actions.spaces.offered import choice_of, small_space
from pgswarm.actions.spaces.router import BACK, MAX_STEPS, MORE, PAGE
from support.database import Database
from support.spaces import find, save, search, text_of
from support.stage import CountingSide, Says
from support.verbs import call

MOST_SENT = 40_000
# As the verbs would make them, without their events: 98 folders of groups, one of them with 1,000 actions.
ACTIONS = """
with groups as (
  insert into pgswarm.space_entry (
    swarm_id, entry_id, space, parent_id, path, name, kind, description, created_at, updated_at)
  select %(swarm)s, pgswarm.new_id(), 'action', pgswarm.space_root('action'), g.name, g.name, 'folder',
         'the things of ' || g.name, now(), now()
    from (select 'group ' || n as name from generate_series(1, 97) n union all select 'crowded') g
  returning entry_id, name)
insert into pgswarm.space_entry (
  swarm_id, entry_id, space, parent_id, path, name, kind, description, fields, created_at, updated_at)
select %(swarm)s, pgswarm.new_id(), 'action', g.entry_id, g.name || '/act ' || n, 'act ' || n, 'action',
       repeat('does the thing number ' || n || ' ', 40),
       jsonb_build_object('action_id', 'made/act_' || n, 'source', 'created',
                          'input_schema', '{"type": "object", "properties": {"subject": {"type": "string"}}}'::jsonb),
       now(), now()
  from generate_series(1, 10000) n
  join groups g on g.name = case when mod(n, 10) = 0 then 'crowded' else 'group ' || (1 + mod(n, 97)) end
"""
TEXTS = """
with shelves as (
  insert into pgswarm.space_entry (swarm_id, entry_id, space, parent_id, path, name, kind, created_at, updated_at)
  select %(swarm)s, pgswarm.new_id(), 'memory', pgswarm.built_in_id('memory', 'references'), 'references/shelf ' || n,
         'shelf ' || n, 'folder', now(), now()
    from generate_series(0, 99) n
  returning entry_id, path, name)
insert into pgswarm.space_entry (
  swarm_id, entry_id, space, parent_id, path, name, kind, description, blob, size, created_at, updated_at)
select %(swarm)s, pgswarm.new_id(), 'memory', s.entry_id, s.path || '/text ' || n || '.md', 'text ' || n || '.md',
       'markdown', 'text number ' || n, encode(sha256(n::text::bytea), 'hex'), 10, now(), now()
  from generate_series(1, %(most)s) n
  join shelves s on s.name = 'shelf ' || mod(n, 100)
"""


def never(task: str, data: Mapping[str, Any]) -> Any:
    raise AssertionError(f"{task} was asked: {data}")


def to(*names: str) -> Says:
    """A model that goes to these names wherever it sees one, else to the next page, else back; it fills in nothing."""

    def says(task: str, data: Mapping[str, Any]) -> Any:
        if task == "arguments":
            return {"fits": True, "arguments": [{"name": "subject", "value": "it"}], "reason": ""}
        seen = [choice["name"] for choice in data["choices"] if choice["name"] in names]
        return {"choice": seen[0] if seen else MORE if MORE in data["moves"] else BACK, "reason": "so it is"}

    return says


async def test_among_ten_thousand_actions_one_page_of_one_level_is_read_at_a_time(
    db: Database, stage: OpenStage
) -> None:
    node = stage(to("group 57", "act 347"), "Do the thing number 347")
    db.run(ACTIONS, swarm=node.swarm_id)
    db.run("analyze pgswarm.space_entry")
    outcome = await node.run("swarm/route_action")
    assert isinstance(outcome, Spawn), outcome
    (child,) = outcome.children
    assert (child.action, child.args) == ("made/act_347", {"subject": "it"})
    assert node.asked == ["walk_action"] * (len(node.asked) - 1) + ["arguments"]
    assert all(len(data["choices"]) <= PAGE for data in node.data[:-1])
    assert max(node.sent) < MOST_SENT
    assert max(node.side.counts) <= PAGE + 1
    assert sum(node.side.counts) < 600


async def test_a_crowded_folder_is_looked_at_page_by_page(db: Database, stage: OpenStage) -> None:
    node = stage(to("crowded", "act 2500"), "Do the thing number 2500")  # by name, the 167th of a thousand
    db.run(ACTIONS, swarm=node.swarm_id)
    outcome = await node.run("swarm/route_action")
    assert isinstance(outcome, Spawn), outcome
    assert outcome.children[0].action == "made/act_2500"
    assert [data["folder"]["path"] for data in node.data[:-1]].count("crowded") == 5
    assert max(node.sent) < MOST_SENT


async def test_a_pointer_to_an_action_is_a_choice_with_what_the_action_takes(db: Database, stage: OpenStage) -> None:
    node = stage(never)
    fields = {"action_id": "made/tide", "source": "created", "input_schema": {"type": "object", "title": "Tide"}}
    tide = save(db.conn, node.swarm_id, "made/tide", None, kind="action", space="action", fields=fields)
    save(db.conn, node.swarm_id, "sea/tide", None, kind="pointer", space="action", target_id=tide)
    (pointer,) = await node.spaces.level("action", find(db.conn, node.swarm_id, "sea", "action"))
    chosen = choice_of(pointer)
    assert chosen is not None
    assert (chosen.action_id, chosen.input_schema["title"]) == ("made/tide", "Tide")
    assert [one.action_id for one in await small_space(node) or []].count("made/tide") == 1


async def test_a_walk_that_goes_nowhere_ends_at_its_bound(db: Database, stage: OpenStage) -> None:
    def says(task: str, data: Mapping[str, Any]) -> Any:
        if task == "arguments":
            return {"fits": False, "arguments": [], "reason": "not that"}
        folders = [choice["name"] for choice in data["choices"] if "holds" in choice]
        return {"choice": folders[0] if folders else BACK, "reason": "perhaps"}

    node = stage(says, "Do what nobody can")
    db.run(ACTIONS, swarm=node.swarm_id)
    outcome = await node.run("swarm/route_action")
    assert isinstance(outcome, Spawn), outcome
    assert outcome.children[0].action == "conversation/ask_user"
    assert f"After {MAX_STEPS} steps" in outcome.children[0].directive
    assert MAX_STEPS / 2 < len(node.asked) <= MAX_STEPS


async def test_in_a_large_memory_a_walk_reads_pages_and_searches_below_the_folder_that_it_chose(
    db: Database, stage: OpenStage
) -> None:
    def says(task: str, data: Mapping[str, Any]) -> Any:
        if task == "find_quotes":
            return {"quotes": [{"passage": 1, "text": "The ferry sails at nine."}], "answer": "At nine.", "open": []}
        seen = [c["name"] for c in data["choices"] if c["name"] in {"references", "shelf 42", "ferry.md"}]
        return {"choice": seen[-1] if seen else MORE, "reason": ""}

    node = stage(says, "When does the ferry sail?")
    db.run(TEXTS, swarm=node.swarm_id, most=100_000)
    save(db.conn, node.swarm_id, "references/shelf 42/ferry.md", "The ferry sails at nine.\n")
    outcome = await node.run("memory/retrieve")
    assert outcome == Finish("At nine.\n\n> The ferry sails at nine.\n> \u2014 references/shelf 42/ferry.md, line 1")
    assert max(node.sent) < MOST_SENT
    assert max(node.side.counts) <= PAGE + 1
    references, shelf = (find(db.conn, node.swarm_id, path) for path in ("references", "references/shelf 41"))
    assert search(db.conn, node.swarm_id, "ferry", references) == {"references/shelf 42/ferry.md"}
    assert search(db.conn, node.swarm_id, "ferry", shelf) == set()


async def test_whatever_a_processor_may_hold_of_a_large_memory_is_bounded(db: Database, stage: OpenStage) -> None:
    node = stage(never)
    db.run(TEXTS, swarm=node.swarm_id, most=5_000)
    save(db.conn, node.swarm_id, "zebra.txt", "stripes")
    entries = await node.memory.entries()
    assert len(entries) == 1_001
    assert "zebra.txt" in {entry.name for entry in entries}  # what people attach is there
    save(db.conn, node.swarm_id, "references/zz/hidden.md", "far away")
    assert await node.memory.read("hidden.md") == "far away"


async def test_a_large_memory_makes_no_question_of_a_router_longer(db: Database, stage: OpenStage) -> None:
    node = stage(lambda *_: {"action": "test/work", "arguments": [], "reason": ""}, "Work on zebra.txt")
    db.run(TEXTS, swarm=node.swarm_id, most=3_000)
    save(db.conn, node.swarm_id, "zebra.txt", "stripes", description="wide " * 1_000)
    outcome = await node.run("swarm/route_action")
    assert isinstance(outcome, Spawn)
    assert [file["name"] for file in node.data[0]["files"]] == ["zebra.txt"]
    assert max(node.sent) < MOST_SENT / 4


async def test_pointers_are_followed_into_folders_and_to_entries_and_never_in_a_circle(
    db: Database, stage: OpenStage
) -> None:
    def says(task: str, data: Mapping[str, Any]) -> Any:
        if task == "find_quotes":
            found = [p for p in data["passages"] if "gauge" in p["text"]]
            return {"quotes": [{"passage": p["number"], "text": p["text"]} for p in found], "answer": ""}
        names = [choice["name"] for choice in data["choices"]]
        wanted = [name for name in ("projects", "to tracks", "gauge") if name in names]
        return {"choice": wanted[0] if wanted else BACK, "reason": ""}

    node = stage(says, "What is the gauge?")
    db.run(TEXTS, swarm=node.swarm_id, most=400)
    text = save(db.conn, node.swarm_id, "references/rails/tracks/width.md", "The gauge is 1,435 mm.")
    tracks = find(db.conn, node.swarm_id, "references/rails/tracks")
    save(db.conn, node.swarm_id, "projects/to tracks", None, kind="pointer", target_id=tracks)
    save(db.conn, node.swarm_id, "references/rails/tracks/gauge", None, kind="pointer", target_id=text)
    back = find(db.conn, node.swarm_id, "references/rails/tracks")
    save(db.conn, node.swarm_id, "references/rails/tracks/round", None, kind="pointer", target_id=back)
    outcome = await node.run("memory/retrieve")
    assert isinstance(outcome, Finish)
    assert "> The gauge is 1,435 mm.\n> \u2014 references/rails/tracks/width.md, line 1" in outcome.report
    assert "round" not in [c["name"] for data in node.data for c in data.get("choices", ())]


async def test_two_processors_that_save_under_one_name_in_one_folder_lose_nothing(
    db: Database, stage: OpenStage
) -> None:
    writers = 12

    def says(task: str, data: Mapping[str, Any]) -> Any:
        assert task == "file_entry"
        if data["folder"]["path"] == "":
            return {"choice": "projects", "reason": "", "new_name": "", "new_description": ""}
        return {"choice": "/new", "reason": "", "new_name": "Ferry", "new_description": "All about the ferry."}

    other = CountingSide(db.url)
    nodes = [stage(says, "Keep it") for _ in range(writers)]
    for node in nodes[::2]:
        node.side = other
        node.spaces = type(node.spaces)(other, node.swarm_id, node.node_id, 10**9)
    told = await asyncio.gather(
        *(node.run("memory/save", {"name": "log.md", "content": f"entry {n}"}) for n, node in enumerate(nodes))
    )
    await other.close()
    assert all(isinstance(one, Finish) for one in told), told
    rows = db.rows(
        "select entry_id, path from pgswarm.space_entry where path like 'projects/Ferry/%%' and kind <> 'folder'"
    )
    kept = {text_of(db.conn, nodes[0].swarm_id, row["entry_id"]) for row in rows}
    assert kept == {f"entry {n}" for n in range(writers)}
    assert call(db.conn, "select count(*) from pgswarm.space_entry where name = 'Ferry'") == 1


async def test_a_save_that_was_cut_off_and_is_made_again_is_one_entry(db: Database, stage: OpenStage) -> None:
    node, again = stage(never, "Keep it"), stage(never, "Keep it")
    for one in (node, again):
        outcome = await one.run("memory/save", {"name": "log.md", "content": "once", "folder": "projects/ferry"})
        assert outcome == Finish("Saved 4 characters as projects/ferry/log.md in the swarm's memory.")
    assert call(db.conn, "select count(*) from pgswarm.space_entry where name ^@ 'log'") == 1
    with pytest.raises(ActionError, match="no folder that takes entries"):
        await stage(never, "x").run("memory/save", {"content": "x", "folder": "projects/ferry/log.md"})
