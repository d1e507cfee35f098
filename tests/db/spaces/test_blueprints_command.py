"""`pgswarm blueprints`: made of a folder and of a swarm, shown, listed; what is one account's stays theirs."""

from pathlib import Path

import pytest

from support.database import Database
from support.typed import Said, pgswarm
from support.verbs import register

SAVE = "select pgswarm.save_entry(%(s)s, null, %(name)s, 'markdown', '', %(folder)s, %(text)s)"


@pytest.fixture
def style(tmp_path: Path) -> Path:
    folder = tmp_path / "style"
    (folder / "letters").mkdir(parents=True)
    (folder / "brief.md").write_text("Be brief.")
    (folder / "letters" / "end.txt").write_text("Yours")
    (folder / "link.md").symlink_to("/etc/passwd")
    return folder


def blueprints(db: Database, *words: str) -> Said:
    return pgswarm("blueprints", *words, PGSWARM_DATABASE_URL=db.url)


def paths(db: Database, named: str) -> list[str]:
    (shown,) = blueprints(db, "show", named, "--json").lines
    return [entry["path"] for entry in shown["entries"] if entry["kind"] != "folder"]


def test_made_of_a_folder_and_of_a_swarm_in_versions_that_swarms_start_from(db: Database, style: Path) -> None:
    register(db.conn)
    assert "no blueprint yet" in blueprints(db, "list").out
    (made,) = blueprints(
        db, "make", "careful", "--settings", '{"approve": "plan"}', "--folder", str(style), "--key", "A_KEY", "--json"
    ).lines
    assert (made["version"], made["left_out"]) == (1, [])
    assert paths(db, "careful") == ["references/brief.md", "references/letters/end.txt"]
    swarm = db.value("select pgswarm.start_swarm('go', 'bench/noop', options => '{\"blueprint\": \"careful\"}')")
    for folder, name in (("projects", "bees.md"), ("user", "profile.json"), ("user/answers", "port.md")):
        db.run(SAVE, s=swarm, folder=folder, name=name, text=b"{}")
    assert blueprints(db, "make", "careful", "--based-on", "careful@1", "--swarm", str(swarm)).error is None
    assert paths(db, "careful") == ["projects/bees.md", "references/brief.md", "references/letters/end.txt"]
    assert paths(db, "careful@1") == ["references/brief.md", "references/letters/end.txt"]
    shown = blueprints(db, "show", "careful@2").out
    assert '{"approve": "plan"}' in shown
    assert "A_KEY" in shown
    assert str(style.parent) not in shown
    assert [row["version"] for row in blueprints(db, "list", "--json").lines] == [2]
    assert [row["version"] for row in blueprints(db, "list", "--all", "--json").lines] == [1, 2]
    named = blueprints(db, "make", "profiles", "--swarm", str(swarm), "--entry", "user/answers")
    assert named.error is None
    assert paths(db, "profiles") == ["user/answers/port.md"]


def test_what_is_one_accounts_goes_into_no_blueprint_of_others(db: Database) -> None:
    register(db.conn)
    mia = db.value("select pgswarm.create_account(username => 'mia')")
    swarm = db.value("select pgswarm.start_swarm('go', 'bench/noop', owner => %(o)s)", o=mia)
    db.run(SAVE, s=swarm, folder="projects", name="bees.md", text=b"hers")
    refused = blueprints(db, "make", "bees", "--swarm", str(swarm)).error
    assert refused is not None
    assert (refused.message, refused.remedy) == ("--swarm belongs to the account mia", "Give --account mia.")
    assert blueprints(db, "make", "bees", "--swarm", str(swarm), "--account", "mia").error is None
    refused = blueprints(db, "make", "bees", "--based-on", "bees").error
    assert refused is not None
    assert "--based-on belongs" in refused.message
    assert db.value("select count(*) from pgswarm.blueprint where owner_id is null") == 0
    blueprints(db, "make", "bees", "--description", "for all")
    blueprints(db, "make", "bees", "--account", "mia")
    assert "everybody's" in blueprints(db, "show", "bees").out  # not mia's second, which is newer
    assert "bees@2  mia" in blueprints(db, "show", "bees", "--account", "mia").out


WRONG = [
    (("show", "nothing"), "no blueprint 'nothing'"),
    (("show", "nothing@7"), "no blueprint 'nothing@7'"),
    (("make", "x", "--settings", "{"), "--settings is not JSON"),
    (("make", "x", "--settings", '{"aprove": "plan"}'), "aprove"),
    (("make", "x", "--entry", "a"), "--entry without --swarm"),
    (("make", "x", "--folder", "/nowhere"), "no folder"),
    (("make", "x", "--key", "no key"), "keys"),
    (("make", "x", "--account", "nobody"), "no account"),
]


def test_what_cannot_be_is_named_and_leaves_nothing(db: Database) -> None:
    for words, told in WRONG:
        error = blueprints(db, *words).error
        assert error is not None, words
        assert told in f"{error.message} {error.remedy}"
        assert error.code == 2
    assert db.value("select count(*) from pgswarm.blueprint") == 0
