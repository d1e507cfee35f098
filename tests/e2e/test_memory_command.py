"""`pgswarm memory` and `pgswarm actions`: real commands on a real database."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from support.database import Database
from support.pdf import a_pdf
from support.processors import Processors, register_actions, start_swarm
from support.running import Ended, pgswarm, terminal


class Library:
    """The memory of one swarm."""

    def __init__(self, db: Database) -> None:
        register_actions(db)
        self.db = db
        self.swarm_id = start_swarm(db, "bench/ask", {"questions": 1})

    def say(self, *arguments: str, typed: str = "", code: int = 0) -> Ended:
        return pgswarm(*arguments, typed=typed, code=code, PGSWARM_DATABASE_URL=self.db.url)

    def add(self, *arguments: str, typed: str = "", code: int = 0) -> Ended:
        return self.say("memory", "add", *arguments, "--swarm", self.swarm_id[-12:], typed=typed, code=code)

    def paths(self) -> list[str]:
        return [
            row["path"]
            for row in self.db.rows("""select path from pgswarm.space_entry
              where swarm_id is not null and blob is not null order by path""")
        ]

    def found(self, query: str) -> list[dict[str, Any]]:
        return self.say("memory", "search", query, "--json").events


@pytest.fixture
def library(db: Database) -> Library:
    return Library(db)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder with texts, a table, a picture, hidden files and a link that leads out of it."""
    folder = tmp_path / "papers"
    (folder / "old").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("secret")
    (folder / ".git" / "HEAD").write_text("b" * 40)
    (folder / ".env").write_text("KEY=secret")
    (folder / "offer.md").write_text("# Offer\n\nWe deliver the turbines in March.\n")
    (folder / "old" / "sales.csv").write_text("region,amount\nnorth,7\n")
    (folder / "old" / "umlaut.txt").write_bytes("Grüße".encode("cp1252"))
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "outside.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    return folder


def test_a_folder_is_kept_with_its_paths_and_what_is_no_text_is_named(library: Library, papers: Path) -> None:
    said = library.add(str(papers), "--folder", "references")
    assert library.paths() == [
        "references/papers/offer.md",
        "references/papers/old/sales.csv",
        "references/papers/old/umlaut.txt",
    ]
    assert said.out == "1 left out, 3 added.\n"
    assert "Left out: " in said.err
    assert "logo.png" in said.err
    assert "Windows-1252" in said.err
    again = library.add(str(papers), "--folder", "references", "--json").events
    assert {row["state"] for row in again} == {"unchanged", "left_out"}
    assert library.db.value("select count(*) from pgswarm.event where kind = 'memory.saved'") == 4  # and the repository


def test_an_archive_is_kept_as_the_folder_in_it_and_a_hostile_one_is_refused(library: Library, tmp_path: Path) -> None:
    place = tmp_path / "papers.zip"

    def pack(*names: str) -> None:
        with zipfile.ZipFile(place, "w") as archive:
            for name in names:
                archive.writestr(name, f"of {name}")

    pack("book/a.md", "book/in/b.md")
    library.add(str(place), "--into", "references")
    assert library.paths() == ["references/book/a.md", "references/book/in/b.md"]
    pack("book/a.md")
    assert library.add(str(place), "--into", "references", "--prune").out == "1 unchanged, 1 removed.\n"
    pack("book/a.md", "../../c.md")
    (tmp_path / "note.md").write_text("beside it")
    refused = library.add(str(place), str(tmp_path / "note.md"), "--into", "references", "--prune", code=2)
    assert "papers.zip: it holds a path that leads out of it" in refused.err
    assert refused.out == "1 added.\n"
    assert library.paths() == ["references/book/a.md", "references/note.md"]


def test_a_changed_file_is_a_new_version_and_only_its_words_are_found(library: Library, papers: Path) -> None:
    library.add(str(papers / "offer.md"))
    (found,) = library.found("turbine deliveries")
    assert (found["path"], found["first_line"]) == ("offer.md", 3)
    (papers / "offer.md").write_text("We deliver pumps.\n")
    assert library.add(str(papers / "offer.md")).out == "1 added.\n"
    assert library.db.value("select version from pgswarm.space_entry where swarm_id is not null and size > 0") == 2
    assert library.found("turbine") == []
    said = library.say("memory", "search", "pump").out
    assert said.startswith(f"offer.md, lines 1 to 1  {library.swarm_id[-12:]}\n  We deliver pumps.\n")
    assert "not by meaning" in library.say("memory", "search", "zebra").out


def test_texts_are_kept_from_an_option_and_from_standard_input(library: Library) -> None:
    library.add("--text", "We ship on Fridays.", "--name", "shipping.md", "--description", "when we ship")
    library.add("-", "--name", "typed.txt", typed="Grüße\n")
    rows = library.db.rows("""select name, kind, description from pgswarm.space_entry
              where swarm_id is not null and blob is not null order by name""")
    assert [tuple(row.values()) for row in rows] == [
        ("shipping.md", "markdown", "when we ship"),
        ("typed.txt", "text", ""),
    ]
    assert "typed.txt" in library.say("memory", "list").out


def test_the_tree_is_shown_level_by_level_and_kept_in_order(library: Library) -> None:
    mine = ("--swarm", library.swarm_id[-12:])
    library.add("--text", "One.", "--name", "a.md", "--folder", "drafts/x")
    library.add("--text", "Two.", "--name", "a.md", "--folder", "projects")
    shown = [(row["name"], row["layer"]) for row in library.say("memory", "list", "/", *mine, "--json").events]
    assert shown[:2] == [("drafts", "swarm"), ("projects", "built_in")]
    library.say("memory", "move", "drafts/x/a.md", "drafts/a.md", *mine)
    library.say("memory", "merge", "drafts", "projects", *mine)
    assert library.paths() == ["projects/a (2).md", "projects/a.md"]
    past = library.say("memory", "history", "projects/a (2).md", *mine, "--json").events
    assert [row["path"] for row in past] == ["projects/a (2).md", "drafts/a.md", "drafts/x/a.md"]
    library.add("--text", "Three.", "--name", "b.md", "--folder", "old")
    assert "old is not empty" in library.say("memory", "rm", "old", *mine, code=2).err
    assert library.say("memory", "rm", "old", "-r", *mine).out == "2 removed.\n"
    library.say("memory", "rm", "projects/a.md", *mine)
    assert "no no/such" in library.say("memory", "rm", "no/such", *mine, code=2).err
    library.db.run("update pgswarm.space_entry set kind = 'novel' where name = 'a (2).md'")
    flaws = {(row["rule"], row["path"]) for row in library.say("memory", "verify", *mine, "--json", code=1).events}
    assert ("kind_is_known", "projects/a (2).md") in flaws
    assert ("action_can_be_imported", "outside/words") in flaws  # these commands do not have the tests' own package
    assert not {path for _, path in flaws if path.startswith("text/")}


def test_a_search_over_all_swarms_says_whose_memory_each_passage_is(library: Library) -> None:
    other = start_swarm(library.db, "bench/ask", {"questions": 1})
    library.add("--text", "turbines here")
    library.say("memory", "add", "--text", "turbines and turbines there", "--swarm", other)
    assert {row["swarm_id"] for row in library.found("turbines")} == {library.swarm_id, other}
    mine = library.say("memory", "search", "turbines", "--swarm", other, "--json").events
    assert [row["swarm_id"] for row in mine] == [other]


def test_what_was_added_is_read_by_a_node(library: Library, processors: Processors) -> None:
    swarm_id = str(library.db.value("select pgswarm.start_swarm('list', 'files/list')"))
    library.say("memory", "add", "--text", "hello", "--name", "mine.txt", "--swarm", swarm_id)
    processors.once()
    assert "mine.txt" in library.db.value("select report from pgswarm.swarm where goal = 'list'")


def test_progress_is_drawn_in_a_terminal(library: Library, papers: Path) -> None:
    with terminal(
        "memory", "add", str(papers), "--swarm", library.swarm_id, PGSWARM_DATABASE_URL=library.db.url
    ) as shown:
        shown.until("3 added.")
        assert "4/4" in shown.shown
        assert shown.end() == 0


def test_what_cannot_be_added_is_refused_by_name(library: Library, papers: Path) -> None:
    assert "logo.png" in library.add(str(papers / "logo.png"), code=2).err
    assert "no such file" in library.add(str(papers / "none.txt"), code=2).err
    assert "--text" in library.add(code=2).err
    assert "--text" in library.add("a", "--text", "b", code=2).err
    assert "name" in library.add("--text", "b", "--name", "a/b", code=2).err
    library.db.value("select pgswarm.cancel_swarm(%(id)s)", id=library.swarm_id)
    assert "nothing comes after its end" in library.add("--text", "late", code=1).err


def test_actions_are_listed_and_shown_with_their_arguments(library: Library) -> None:
    listed = {row["action_id"]: row for row in library.say("actions", "--json").events}
    assert {"bench/noop", "text/summarise"} <= listed.keys()
    assert "bench/noop" in library.say("actions").out
    shown = library.say("actions", "bench/fan_out").out
    assert "integer 1 to 100000" in shown
    (row,) = library.say("actions", "bench/fan_out", "--json").events
    assert json.dumps(row["input_schema"]) == json.dumps(listed["bench/fan_out"]["input_schema"])
    assert "Did you mean bench/fan_out" in library.say("actions", "bench/fanout", code=2).err


def test_a_second_import_of_a_repository_changes_what_changed_and_prunes_what_is_gone(
    library: Library, papers: Path
) -> None:
    (papers / ".gitignore").write_text("*.log\n/build/\n!keep.log\n")
    (papers / "build").mkdir()
    for ignored in ("build/out.txt", "a.log", "old/b.log"):
        (papers / ignored).write_text("ignored")
    (papers / "old" / "keep.log").write_text("kept")
    (papers / "deploy.key").write_text("anything")
    (papers / "notes.txt").write_text("aws AKIA" + "ABCDEFGHIJKLMNOP")
    said = library.add(str(papers), "--into", "references")
    assert "deploy.key: by its name it holds a secret" in said.err
    assert "notes.txt: it holds what looks like an access key of AWS" in said.err
    assert "AKIA" not in said.err
    assert [path.removeprefix("references/papers/") for path in library.paths()] == [
        "offer.md", "old/keep.log", "old/sales.csv", "old/umlaut.txt",
    ]  # fmt: skip
    (repository,) = library.db.rows("select kind, fields from pgswarm.space_entry where path = 'references/papers'")
    assert (repository["kind"], repository["fields"]["commit"]) == ("repository", "b" * 40)
    (papers / "offer.md").write_text("# Offer\n\nIn May.\n")
    (papers / "old" / "sales.csv").unlink()
    again = library.add(str(papers), "--into", "references", "--prune", "--json").events
    assert {(row["path"].rpartition("/")[2], row["state"]) for row in again if row["state"] != "left_out"} == {
        ("offer.md", "added"), ("keep.log", "unchanged"), ("umlaut.txt", "unchanged"), ("sales.csv", "removed"),
    }  # fmt: skip


def test_the_text_of_a_pdf_is_kept_beside_it_and_found_by_its_page(library: Library, tmp_path: Path) -> None:
    (tmp_path / "lease.pdf").write_bytes(a_pdf("The rent is 900 euros.", "Notice: three months."))
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    assert "3 added, 1 left out" in library.add(str(tmp_path / "lease.pdf"), str(tmp_path / "broken.pdf")).out
    (found,) = library.found("notice months")
    assert (found["path"], found["content"]) == ("lease.pdf.md", "Notice: three months.")
    row = library.db.row("""select c.title, e.derived_from = array[p.entry_id] as derived from pgswarm.entry_chunk c
      join pgswarm.space_entry e using (entry_id), pgswarm.space_entry p
      where c.content like 'Notice%%' and p.path = 'lease.pdf'""")
    assert (row["title"], row["derived"]) == ("Page 2", True)
    (tmp_path / "lease.pdf").write_bytes(a_pdf("The rent is 1000 euros."))
    again = library.add(str(tmp_path / "lease.pdf"), "--json").events
    assert [row["state"] for row in again] == ["added", "added"]
    assert library.found("notice") == []
    assert library.db.value("select count(*) from pgswarm.event where kind = 'memory.out_of_date'") == 1
    assert {row["state"] for row in library.add(str(tmp_path / "lease.pdf"), "--json").events} == {"unchanged"}
