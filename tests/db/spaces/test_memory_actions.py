"""What the actions of memory make of the tree: where things are filed, found, pointed to, and how folders are kept."""

from collections.abc import Mapping
from typing import Any

import pytest

from db.spaces.conftest import OpenStage
from pgswarm.actions import Finish
from pgswarm.actions.models.offline.rules import answer
from pgswarm.actions.spaces import searching
from pgswarm.actions.spaces.places import Place
from pgswarm.actions.spaces.searching import Hit, NoSearchError
from pgswarm.schema.kinds import Search
from support.database import Database
from support.spaces import entry, find, flaws, level, names, paths, save


def offline(task: str, data: Mapping[str, Any]) -> Any:
    return answer(task, data, {})


def goes(*way: str, **more: Any) -> Any:
    """A model that chooses these names, one after the other."""
    left = list(way)

    def says(task: str, _data: Mapping[str, Any]) -> Any:
        if task not in {"file_entry", "find_place"}:
            return more[task]
        return {"choice": left.pop(0), "reason": "so", "new_name": "", "new_description": "", **more.get("new", {})}

    return says


async def test_by_rules_a_text_goes_to_the_folder_whose_words_it_shares(db: Database, stage: OpenStage) -> None:
    node = stage(offline, "Keep the recipe")
    save(db.conn, node.swarm_id, "projects/rye bread", None, kind="folder", description="Baking: doughs, recipes")
    save(db.conn, node.swarm_id, "projects/ferry", None, kind="folder", description="The ferry and its crew")
    args = {
        "name": "starter.md",
        "content": "Flour and water.",
        "description": "A recipe for baking sourdough",
    }
    assert await node.run("memory/save", args) == Finish(
        "Saved 16 characters as projects/rye bread/starter.md in the swarm's memory."
    )


async def test_a_model_may_make_a_folder_and_what_stands_there_is_kept_beside(db: Database, stage: OpenStage) -> None:
    new = {"new_name": "Sea / charts", "new_description": "Charts of the sea."}
    for content, kept in (("one", "log.md"), ("two", "log (2).md"), ("one", "log.md")):
        node = stage(goes("references", "/new", new=new), "Keep it")
        done = await node.run("memory/save", {"name": "log.md", "content": content})
        assert done == Finish(
            f"Saved 3 characters as references/ charts/{kept} in the swarm's memory.".replace("/ ", "/")
        )
    (folder,) = level(db.conn, node.swarm_id, "references")
    assert folder["description"] == "Charts of the sea."


async def test_what_is_out_of_date_and_what_a_corner_of_the_tree_wants_is_shown(db: Database, stage: OpenStage) -> None:
    node = stage(goes("projects", "ferry", "/here"), "Keep it")
    save(db.conn, node.swarm_id, "projects/ferry", None, kind="folder", fields={"agent": "File by year."})
    old = save(db.conn, node.swarm_id, "projects/ferry/times.md", "nine")
    save(db.conn, node.swarm_id, "projects/ferry/summary", None, kind="folder", derived_from=[old])
    save(db.conn, node.swarm_id, "projects/ferry/times.md", "ten")
    await node.run("memory/save", {"name": "log.md", "content": "one"})
    assert [data.get("agents") for data in node.data] == [None, None, ["File by year."]]
    assert node.data[2]["choices"] == [
        {"name": "summary", "kind": "folder", "description": "", "holds": 0, "status": "out_of_date"}
    ]


async def test_a_walk_that_finds_no_folder_keeps_the_text_among_the_results(stage: OpenStage) -> None:
    node = stage(goes("/back"), "Keep it")
    done = await node.run("memory/save", {"name": "log.md", "content": "one"})
    assert done == Finish("Saved 3 characters as results/log.md in the swarm's memory.")


async def test_each_place_is_searched_in_its_own_way_until_nothing_is_left_open(
    db: Database, stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rows(_node: Any, place: Place, query: str) -> list[Hit]:
        return [
            Hit(place.entry_id, place.name, place.path, f"port = Vard\u00f8 for {query[:5]}", 0, 0, 1.0, Search.SQL)
        ]

    async def closed(_node: Any, place: Place, _query: str) -> list[Hit]:
        raise NoSearchError(f"{place.path} has no index")

    for mode, way in ((Search.SQL, rows), (Search.VECTOR, closed)):
        monkeypatch.setitem(searching.MODES, mode, way)

    order = ("references", "by meaning", "ships.md", "ports", "crew.py")
    said = {
        "The ferry is red.": ("The ferry is red.", "", ["When does the ferry sail?", "From where?"]),
        "The ferry sails at nine.": ("The ferry sails at nine.", "At nine.", ["From where?"]),
        "port = Vard\u00f8 for From": ("port = Vard\u00f8", "From Vard\u00f8.", ["What is `crew_size`?"]),
        "def crew_size():\n    return 7": ("return 7", "Seven.", []),
    }

    def says(task: str, data: Mapping[str, Any]) -> Any:
        if task == "find_place":
            seen = [name for name in order if name in {choice["name"] for choice in data["choices"]}]
            return {"choice": seen[0] if seen else "/back", "reason": ""}
        (text,) = [passage["text"].strip() for passage in data["passages"]]
        quote, told, still_open = said[text]
        return {"quotes": [{"passage": 1, "text": quote}], "answer": told, "open": still_open}

    node = stage(says, "When, from where and with how many does the ferry sail?")
    save(db.conn, node.swarm_id, "references/ships.md", "The ferry sails at nine.", kind="markdown")
    save(db.conn, node.swarm_id, "references/by meaning", None, kind="folder", search="vector")
    save(db.conn, node.swarm_id, "references/by meaning/x.md", "The ferry is red.", kind="markdown")
    save(db.conn, node.swarm_id, "references/ports", None, kind="sql_table", fields={"table": "ports"})
    save(db.conn, node.swarm_id, "references/crew.py", "def crew_size():\n    return 7\n", kind="python")
    done = await node.run("memory/retrieve")
    assert isinstance(done, Finish)
    assert done.report.split("\n\n") == [
        "At nine. From Vard\u00f8. Seven.",
        "> The ferry is red.\n> \u2014 references/by meaning/x.md, line 1",
        "> The ferry sails at nine.\n> \u2014 references/ships.md, line 1",
        "> port = Vard\u00f8\n> \u2014 references/ports",
        "> return 7\n> \u2014 references/crew.py, line 2",
        "Note: references/by meaning was searched by words, not in its own way: references/by meaning has no index",
    ]


async def test_what_does_not_answer_is_told_as_references_with_the_question_left_open(
    db: Database, stage: OpenStage
) -> None:
    node = stage(goes("references", "/here", "/back", find_quotes={"quotes": [], "answer": ""}), "Who built the ferry?")
    save(db.conn, node.swarm_id, "references/ships.md", "The ferry sails at nine.", kind="markdown")
    save(db.conn, node.swarm_id, "references/ports", None, kind="sql_table", fields={"table": "ports"})
    done = await node.run("memory/retrieve")
    assert isinstance(done, Finish)
    assert done.report.splitlines()[2:] == [
        "- references/ships.md, line 1 (by text)", "", "Left open:", "- Who built the ferry?"
    ]  # fmt: skip


async def test_by_rules_a_large_memory_is_walked_to_the_answer(db: Database, stage: OpenStage) -> None:
    node = stage(offline, "What colour is the lighthouse?")
    save(db.conn, node.swarm_id, "references/ports", None, kind="sql_table", fields={"table": "ports"})
    save(
        db.conn,
        node.swarm_id,
        "references/lighthouses/fruholmen.md",
        "The lighthouse has a red colour.",
        kind="markdown",
    )
    done = await node.run("memory/retrieve")
    assert isinstance(done, Finish)
    assert "> The lighthouse has a red colour.\n> \u2014 references/lighthouses/fruholmen.md, line 1" in done.report


async def test_pointers_are_added_where_people_would_also_look(db: Database, stage: OpenStage) -> None:
    for _ in range(2):  # again: nothing is added twice
        node = stage(goes("projects", "/here", "references", "/here", "/back"), "Where else?")
        file = save(db.conn, node.swarm_id, "projects/ferry/log.md", "The ferry sails at nine.")
        done = await node.run("memory/clone", {"file": "projects/ferry/log.md"})
        assert done == Finish("projects/ferry/log.md is now found as well as projects/log.md, references/log.md.")
    pointers = level(db.conn, node.swarm_id, "references")
    assert names(pointers, "name", "kind") == [("log.md", "pointer")]
    assert entry(db.conn, pointers[0]["entry_id"])["target_id"] == file
    assert flaws(db.conn, node.swarm_id) == []


async def test_a_crowded_folder_is_split_and_a_thin_one_merged_without_an_id_lost(
    db: Database, stage: OpenStage
) -> None:
    node = stage(offline, "Tidy up")
    ids = set()
    for n in range(12):
        for what in ("ferry", "harbour", "lighthouse"):
            ids.add(save(db.conn, node.swarm_id, f"projects/{what} {n}.md", f"{what} {n}", kind="markdown"))
    ids.add(save(db.conn, node.swarm_id, "projects/odd.md", "something else", kind="markdown"))
    ids.add(save(db.conn, node.swarm_id, "references/maps of ports/a.md", "a", kind="markdown"))
    for n in range(3):
        ids.add(save(db.conn, node.swarm_id, f"references/maps/{n}.md", f"map {n}", kind="markdown"))
    done = await node.run("memory/optimise")
    assert isinstance(done, Finish)
    assert "made 3, moved 36 entries into them, merged 1 thin ones" in done.report
    assert names(level(db.conn, node.swarm_id, "projects"), "name", "below") == [
        ("ferry", 12), ("harbour", 12), ("lighthouse", 12), ("odd.md", 0)
    ]  # fmt: skip
    assert "references/maps/a.md" in paths(db.conn, node.swarm_id)
    kept = db.rows(
        "select entry_id from pgswarm.space_entry where swarm_id = %(id)s and kind = 'markdown'", id=node.swarm_id
    )
    assert {row["entry_id"] for row in kept} == ids
    assert flaws(db.conn, node.swarm_id) == []
    again = await stage(offline, "Tidy up").run("memory/optimise")
    assert "nothing had to be moved" in again.report


async def test_what_a_model_makes_up_while_it_tidies_changes_nothing(db: Database, stage: OpenStage) -> None:
    made_up = {
        "groups": [
            {"name": "../x", "description": "", "members": ["nobody.md", "t 1.md"]},
            {"name": "t 2.md", "description": "", "members": ["t 3.md", "t 4.md"]},
        ],
        "merges": [{"folder": "here", "into": "there"}],
        "reason": "",
    }
    node = stage(goes(tidy_level=made_up), "Tidy up")
    for n in range(31):
        save(db.conn, node.swarm_id, f"projects/t {n}.md", f"text {n}")
    before = paths(db.conn, node.swarm_id)
    await node.run("memory/optimise", {"folder": "projects"})
    assert paths(db.conn, node.swarm_id) == before
    assert find(db.conn, node.swarm_id, "projects/t 4.md")


async def test_a_folder_that_is_not_thin_is_never_merged_into_another(db: Database, stage: OpenStage) -> None:
    merges = [{"folder": "maps", "into": "odd"}, {"folder": "odd", "into": "maps"}]
    node = stage(goes(tidy_level={"groups": [], "merges": merges, "reason": ""}), "Tidy up")
    for name in ("maps/a.md", "maps/b.md", "odd/c.md"):
        save(db.conn, node.swarm_id, f"references/{name}", name, kind="markdown")
    done = await node.run("memory/optimise", {"folder": "references"})
    assert "merged 1 thin ones. 1 changes were passed over" in done.report
    assert {"references/maps/a.md", "references/maps/b.md", "references/maps/c.md"} <= set(
        paths(db.conn, node.swarm_id)
    )


async def test_the_swarms_part_of_the_action_space_is_tidied_and_what_is_shared_stays(
    db: Database, stage: OpenStage
) -> None:
    node = stage(offline, "Tidy up")
    for n in range(16):
        for what in ("weather", "tide"):
            fields = {"action_id": f"made/{what}_{n}", "source": "created", "input_schema": {"type": "object"}}
            path = f"made/{what} {n}"
            save(
                db.conn,
                node.swarm_id,
                path,
                None,
                kind="action",
                space="action",
                fields=fields,
                description=f"Tell the {what}",
            )
    done = await node.run("action/optimise")
    assert "made 2, moved 32" in done.report
    assert names(level(db.conn, node.swarm_id, "made", space="action"), "name", "below") == [
        ("tide", 16),
        ("weather", 16),
    ]
