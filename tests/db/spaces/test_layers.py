"""Whose entries a swarm sees: its own, its blueprint's, the built-in ones; and what a fork takes along."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from pgswarm.actions.base import ActionError
from pgswarm.processor.memory import SwarmMemory
from support.spaces import entry, find, flaws, level, move, names, paths, remove, save, search, text_of
from support.verbs import Conn, call, cancel, events, start, swarm

STYLE = "We write short sentences."


def blueprint(conn: Conn, name: str = "careful", **more: Any) -> UUID:
    given = {"settings": None, "keys": None, "based_on": None, **more}
    given["settings"] = Jsonb(more["settings"]) if "settings" in more else None
    found: UUID = call(
        conn,
        "select pgswarm.create_blueprint(%s, settings => %s, keys => %s, based_on => %s)",
        name, given["settings"], given["keys"], given["based_on"],
    )  # fmt: skip
    return found


def keep(conn: Conn, blueprint_id: UUID, path: str, content: str | None = STYLE, **more: Any) -> UUID:
    folder, _, name = path.rpartition("/")
    kind, portal, space = more.get("kind", "text"), more.get("portal"), more.get("space", "memory")
    found: UUID = call(
        conn,
        "select pgswarm.save_blueprint_entry(%s, %s, %s, folder => %s, content => %s, portal => %s, space => %s)",
        blueprint_id, name, kind, folder, None if content is None else content.encode(), portal, space,
    )  # fmt: skip
    return found


def begin(conn: Conn, blueprint_id: UUID | str) -> UUID:
    return start(conn, blueprint=str(blueprint_id))


def below(conn: Conn, swarm_id: UUID) -> dict[str, int]:
    """Return how much the folders of the root are said to hold, without those that are empty."""
    return {row["name"]: row["below"] for row in level(conn, swarm_id) if row["below"]}


def refused(conn: Conn, query: str, *params: Any) -> tuple[str | None, str | None]:
    with pytest.raises(psycopg.Error) as raised:
        conn.execute(query.encode(), params)
    return raised.value.sqlstate, raised.value.diag.message_detail


def test_swarm_sees_its_blueprint_as_its_own_tree_and_changes_nothing_of_it(conn: Conn) -> None:
    made = blueprint(conn)
    style = keep(conn, made, "references/style.md")
    keep(conn, made, "library", None, kind="folder")
    keep(conn, made, "inbox", None, kind="folder", portal=True)
    one, two = begin(conn, made), begin(conn, made)
    save(conn, one, "references/mine.md", "A heron.")
    save(conn, one, "inbox/mail.txt", "An otter.")
    assert names(level(conn, one, "references"), "name", "layer") == [("mine.md", "swarm"), ("style.md", "blueprint")]
    assert (text_of(conn, one, style), search(conn, one, "short heron")) == (
        STYLE,
        {"references/style.md", "references/mine.md"},
    )
    assert (names(level(conn, two, "references")), search(conn, two, "heron otter")) == (["style.md"], set())
    assert paths(conn, one) == ["inbox/mail.txt", "references/mine.md"]  # nothing was copied
    assert refused(conn, "select pgswarm.remove_entry(%s, %s)", one, style) == ("PS409", "entry_id")
    assert refused(conn, "select pgswarm.save_entry(%s, null, 'a', 'text', '', 'library', 'x')", one) == (
        "PS409",
        "parent_id",
    )
    assert refused(conn, "select pgswarm.save_entry(%s, null, 'library', 'folder', '', '', null)", one) == (
        "PS409",
        "name",
    )
    assert flaws(conn, one) == []


class Door:
    """What a processor's memory needs of its connection."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def rows(self, query: str, params: Any, **_: Any) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self._conn.execute(query.encode(), params).fetchall()]


async def test_node_reads_what_is_shared_by_its_id_or_its_path(conn: Conn) -> None:
    made = blueprint(conn)
    style = keep(conn, made, "references/style.md")
    swarm_id = begin(conn, made)
    save(conn, swarm_id, "mine.txt", "A heron.")
    memory = SwarmMemory(Door(conn), swarm_id, swarm_id, 0)
    for name in (style, str(style), "references/style.md"):
        assert await memory.read(name) == STYLE
    assert await memory.read("MINE.txt") == "A heron."
    other = SwarmMemory(Door(conn), start(conn), swarm_id, 0)
    for name in (style, "references/style.md", "references", "no such", swarm_id):
        with pytest.raises(ActionError, match="it holds nothing"):
            await other.read(name)


def test_own_entry_goes_before_a_shared_one_of_its_name(conn: Conn) -> None:
    made = blueprint(conn)
    shared = keep(conn, made, "references/style.md")
    swarm_id = begin(conn, made)
    own = save(conn, swarm_id, "references/style.md", "Long ones.")
    assert own != shared
    assert names(level(conn, swarm_id, "references"), "entry_id") == [own]
    assert below(conn, swarm_id) == {"references": 1}
    assert find(conn, swarm_id, "references/style.md") == own
    remove(conn, swarm_id, own)
    assert find(conn, swarm_id, "references/style.md") == shared


def test_version_of_a_blueprint_stands_still_once_it_is_used(conn: Conn) -> None:
    first = blueprint(conn, settings={"budget": {"nodes": 7}}, keys=["SEARCH_KEY"])
    style = keep(conn, first, "references/style.md")
    keep(conn, first, "references/rules.md", "Rules of old.")
    old = begin(conn, "careful")
    assert swarm(conn, old)["max_nodes"] == 7
    change = "select pgswarm.save_blueprint_entry(%s, 'a', 'text', content => 'x')"
    assert refused(conn, change, first) == ("PS409", "blueprint_id")
    second = blueprint(conn, based_on=first)
    keep(conn, second, "references/rules.md", "Rules of now.")
    call(conn, "select pgswarm.remove_blueprint_entry(%s, %s)", second, style)
    new = begin(conn, "careful")
    (row,) = conn.execute("select * from pgswarm.blueprint where blueprint_id = %s", [second]).fetchall()
    assert (row["version"], row["keys"], row["settings"]) == (2, ["SEARCH_KEY"], {"budget": {"nodes": 7}})
    assert [swarm(conn, s)["blueprint_id"] for s in (old, new)] == [first, second]
    assert names(level(conn, old, "references")) == ["rules.md", "style.md"]
    assert names(level(conn, new, "references")) == ["rules.md"]
    assert (below(conn, old), below(conn, new)) == ({"references": 2}, {"references": 1})
    assert text_of(conn, old, find(conn, old, "references/rules.md")) == "Rules of old."
    assert text_of(conn, new, find(conn, new, "references/rules.md")) == "Rules of now."
    assert search(conn, new, "sentences") == set()
    assert flaws(conn, new) == flaws(conn, None, second) == []
    third = blueprint(conn, based_on=second)
    assert refused(conn, change, second) == ("PS409", "blueprint_id")  # something stands on it
    assert call(conn, change, third)


def test_what_a_swarm_made_is_given_to_the_next_ones(conn: Conn) -> None:
    swarm_id = start(conn)
    fields = {"action_id": "made/shout", "input_schema": {"type": "object"}, "source": "created"}
    action = save(conn, swarm_id, "made/shout", "code", kind="action", space="action", fields=fields)
    note = save(conn, swarm_id, "projects/a/note.txt")
    save(conn, swarm_id, "projects/a/see", None, kind="pointer", target_id=note)
    made = blueprint(conn)
    folder = find(conn, swarm_id, "projects/a")
    assert call(conn, "select pgswarm.contribute_entries(%s, %s, %s)", made, swarm_id, [action, folder]) == 4
    heir = begin(conn, made)
    assert names(level(conn, heir, "made", space="action"), "name", "layer", "fields") == [
        ("shout", "blueprint", fields)
    ]
    (pointer,) = (row for row in level(conn, heir, "projects/a") if row["kind"] == "pointer")
    assert pointer["target_path"] == "projects/a/note.txt"
    assert pointer["target_id"] != note
    assert flaws(conn, heir) == []
    remove(conn, swarm_id, note)
    assert text_of(conn, heir, pointer["entry_id"]) == "some text"


def test_settings_and_keys_that_are_none_are_refused_by_name(conn: Conn) -> None:
    create = "select pgswarm.create_blueprint(%s, settings => %s, keys => %s)"
    for name, settings, keys, field in (
        ("", {}, [], "name"),
        ("b", {"files": []}, [], "settings.files"),
        ("b", {"budget": {"nodes": 0}}, [], "budget.nodes"),
        ("b", [], [], "settings"),
        ("b", {}, ["sk-123=secret"], "keys"),
    ):
        assert refused(conn, create, name, Jsonb(settings), keys) == ("PS422", field)
    assert refused(conn, "select pgswarm.start_swarm('x', 'test/work', options => '{\"blueprint\": \"b\"}')") == (
        "PS404", "options.blueprint",
    )  # fmt: skip


def test_actions_that_processors_bring_are_a_tree_that_all_see(conn: Conn) -> None:
    spec = {"action_id": "a/b/c", "description": "does it", "source": "pgswarm.actions.a.b", "folder": "All of b."}
    conn.execute("select pgswarm.register_actions(%s)", [Jsonb([spec])])
    swarm_id = start(conn)
    assert names(level(conn, swarm_id, "a", space="action"), "name", "description", "portal") == [
        ("b", "All of b.", True)
    ]
    (action,) = level(conn, swarm_id, "a/b", space="action")
    assert (action["fields"]["source"], action["fields"]["module"], action["version"]) == (
        "built_in",
        spec["source"],
        1,
    )
    conn.execute("select pgswarm.register_actions(%s)", [Jsonb([spec])])
    assert level(conn, swarm_id, "a/b", space="action") == [action]
    conn.execute("select pgswarm.register_actions(%s)", [Jsonb([{**spec, "description": "better"}])])
    (changed,) = level(conn, swarm_id, "a/b", space="action")
    assert (changed["entry_id"], changed["description"], changed["version"]) == (action["entry_id"], "better", 2)
    assert flaws(conn, None) == []


def test_kinds_hold_what_their_table_says(conn: Conn) -> None:
    swarm_id = start(conn)
    for field, given in {
        "kind": {"kind": "novel"},
        "content": {"kind": "folder"},
        "fields.key": {"kind": "secret", "content": None},
        "fields.colour": {"fields": {"colour": "red"}},
        "fields.source": {"fields": {"source": 1}},
        "search": {"search": "smell"},
        "target_id": {"kind": "pointer", "content": None},
        "space": {"space": "elsewhere"},
    }.items():
        with pytest.raises(psycopg.Error) as raised:
            save(conn, swarm_id, "user/x", **given)
        assert (raised.value.sqlstate, raised.value.diag.message_detail) == ("PS422", field)
    assert paths(conn, swarm_id) == []


def test_verifying_names_what_was_broken_behind_the_verbs(conn: Conn) -> None:
    swarm_id = start(conn)
    note = save(conn, swarm_id, "a/b/note.txt")
    save(conn, swarm_id, "see", None, kind="pointer", target_id=note)
    save(conn, swarm_id, "made.txt", derived_from=[note])
    save(conn, swarm_id, "c/d/deep.txt")
    lone = save(conn, swarm_id, "lone.txt")
    assert flaws(conn, swarm_id) == []
    a, c, d = (find(conn, swarm_id, path) for path in ("a", "c", "c/d"))
    damage = "update pgswarm.space_entry set name = 'z', fields = %s, blob = 'none' where entry_id = %s"
    for statement, params in (
        ("update pgswarm.space_entry set kind = 'novel' where entry_id = %s", [lone]),
        ("update pgswarm.space_entry set parent_id = %s where entry_id = %s", [d, c]),
        ("delete from pgswarm.space_entry where entry_id = %s", [note]),
        ("update pgswarm.space_entry set parent_id = pgswarm.new_id() where path = 'a/b'", []),
        (damage, [Jsonb({"colour": 1}), a]),
    ):
        conn.execute(statement.encode(), params)
    assert set(flaws(conn, swarm_id)) == {
        ("kind_is_known", "lone.txt"),
        ("no_cycle", "c"),
        ("no_cycle", "c/d"),
        ("pointer_leads_somewhere", "see"),
        ("sources_are_there", "made.txt"),
        ("no_orphan", "a/b"),
        ("path_is_right", "a"),
        ("fields_fit_kind", "a"),
        ("content_fits_kind", "a"),
        ("content_is_there", "a"),
    }


def test_fork_has_the_tree_of_its_moment(conn: Conn) -> None:
    made = blueprint(conn)
    keep(conn, made, "references/style.md")
    swarm_id = begin(conn, made)
    source = save(conn, swarm_id, "a/b/source.txt", "an old apple")
    digest = save(conn, swarm_id, "digest.txt", derived_from=[source])
    save(conn, swarm_id, "references/see", None, kind="pointer", target_id=source)
    move(conn, swarm_id, find(conn, swarm_id, "a"), name="z")
    then = events(conn, swarm_id)[-1]["seq"]
    save(conn, swarm_id, "z/b/source.txt", "a new pear")
    remove(conn, swarm_id, find(conn, swarm_id, "z"))
    fork = call(conn, "select pgswarm.fork_swarm(%s, %s)", swarm_id, then)
    assert paths(conn, fork) == ["digest.txt", "references/see", "z", "z/b", "z/b/source.txt"]
    assert flaws(conn, fork) == flaws(conn, swarm_id) == []
    copied = find(conn, fork, "z/b/source.txt")
    assert text_of(conn, fork, find(conn, fork, "references/see")) == "an old apple"
    assert search(conn, fork, "apple pear short") == {"z/b/source.txt", "references/style.md"}
    assert entry(conn, find(conn, fork, "digest.txt"))["derived_from"] == [copied]
    assert entry(conn, find(conn, fork, "digest.txt"))["status"] == "up_to_date"
    assert entry(conn, digest)["status"] == "out_of_date"
    save(conn, fork, "z/b/source.txt", "a plum")
    assert entry(conn, find(conn, fork, "digest.txt"))["status"] == "out_of_date"
    past = conn.execute("select version from pgswarm.entry_history(%s, %s)", [fork, find(conn, fork, "z")])
    assert [row["version"] for row in past.fetchall()] == [2, 1]
    again = call(conn, "select pgswarm.copy_swarm(%s)", fork)
    assert paths(conn, again) == paths(conn, fork)
    assert flaws(conn, again) == []
    early = call(
        conn, "select pgswarm.fork_swarm(%s, 1)", fork
    )  # before the plum, in a swarm that was born with its memory
    assert text_of(conn, early, find(conn, early, "z/b/source.txt")) == "an old apple"
    assert entry(conn, find(conn, early, "digest.txt"))["status"] == "up_to_date"
    assert call(conn, "select pgswarm.fork_swarm(%s, 1)", swarm_id) not in {None, fork}


def test_deleted_swarm_leaves_no_entry_and_no_version(conn: Conn) -> None:
    swarm_id = start(conn)
    note = save(conn, swarm_id, "a/note.txt", "one")
    save(conn, swarm_id, "a/note.txt", "two")
    cancel(conn, swarm_id)
    with pytest.raises(psycopg.Error, match="nothing comes after its end"):
        move(conn, swarm_id, note, name="b.txt")
    conn.execute("select pgswarm.delete_swarm(%s)", [swarm_id])
    for table in ("space_entry", "entry_version", "entry_chunk"):
        assert call(conn, f"select count(*) from pgswarm.{table} where swarm_id = %s", swarm_id) == 0  # noqa: S608
