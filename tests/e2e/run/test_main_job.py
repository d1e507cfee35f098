"""The main job by one command, without a key: decomposed, asked once, worked in parallel, reviewed, reported."""

import re

from support.database import Database
from support.running import MAIN_JOB, ROOT, TABLE, TEXT, pgswarm, terminal, totals


def check_report(report: str) -> None:
    """Every figure is what the csv module finds, and the quotation stands where the report says."""
    for weather, total in totals(TABLE, "weather", "precipitation").items():
        assert f"| {weather} | {total:f} |" in report
    lines = TEXT.read_text().splitlines()
    (place,) = [n for n, line in enumerate(lines, 1) if line.startswith("No Capitation, or other direct, Tax")]
    assert f"lines {place} to {place + 1}" in report
    assert "the city council" in report


def check_readme(screen: str) -> None:
    """What the README shows came in this order, word by word; `…` in it stands for what is left out."""
    (shown,) = re.findall(r"^```\n(Model: .*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    said = " ".join(screen.replace("> ", " ").replace("▏", " ").split())
    place = 0
    for part in shown.replace("> ", " ").split("…"):
        words = " ".join(part.split())
        place = said.find(words, place)
        assert place >= 0, f"this did not come, or not here: {words}"
        place += len(words)


def test_piped_it_answers_from_standard_input_and_ends_with_right_figures(db: Database) -> None:
    ended = pgswarm(*MAIN_JOB, typed="the city council\n", PGSWARM_DATABASE_URL=db.url)
    check_report(ended.out)
    assert "offline rules model" in ended.out
    assert "\x1b" not in ended.out
    assert "✔ succeeded swarm/route_action" in ended.out
    assert "Who is" in ended.err
    assert "Succeeded. " in ended.out
    assert "model calls · 0 tokens · $0" in ended.out
    swarm = db.row("select status, outcome, pgswarm.whole_text(report, report_blob) as report from pgswarm.swarm")
    assert (swarm["status"], swarm["outcome"]) == ("terminated", "succeeded")
    assert swarm["report"] in ended.out


def test_json_gives_every_event_as_a_whole_frame_and_nothing_else(db: Database) -> None:
    ended = pgswarm(*MAIN_JOB, "--json", typed="the city council\n", PGSWARM_DATABASE_URL=db.url)
    events = ended.events
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert all(list(event) == ["swarm_id", "seq", "kind", "at", "node_id", "data"] for event in events)
    assert len(events) == db.value("select count(*) from pgswarm.event")
    moves = [event["data"] for event in events if event["kind"].startswith("node.")]
    assert all({"node_id", "parent_id", "action", "directive", "status", "args"} <= data.keys() for data in moves)
    assert events[-1]["kind"] == "swarm.terminated"
    check_report(events[-1]["data"]["report"])
    assert "Succeeded" in ended.err


def test_in_a_terminal_the_tree_grows_and_asks_below_it(db: Database) -> None:
    with terminal(*MAIN_JOB, PGSWARM_DATABASE_URL=db.url) as shown:
        shown.until("> ▏")
        assert "Who is" in shown.shown
        assert "◌ swarm/decompose_directive" in shown.shown
        shown.type("the city mayor\x17council")
        shown.until("> the city council▏")
        shown.type("\r")
        assert shown.end() == 0
        assert "→ the city council" in shown.shown
        assert "✔ text/write_text" in shown.shown
        assert "Succeeded." in shown.shown
        check_report(shown.shown)
        check_readme(shown.shown)


def test_files_are_there_before_the_first_node_runs(db: Database) -> None:
    pgswarm(*MAIN_JOB, "--no-input", code=3, PGSWARM_DATABASE_URL=db.url)
    kinds = [row["kind"] for row in db.rows("select kind from pgswarm.event order by seq limit 5")]
    assert kinds == ["swarm.created", "node.created", "memory.saved", "memory.saved", "node.running"]
    stored = {
        row["name"]: bytes(row["content"])
        for row in db.rows("select e.name, b.content from pgswarm.space_entry e join pgswarm.blob b using (blob)")
    }
    assert stored[TEXT.name] == TEXT.read_bytes()
    assert stored[TABLE.name] == TABLE.read_bytes()


def test_a_model_named_on_the_command_line_is_what_answers(db: Database) -> None:
    recording = TEXT.parents[1] / "tests/recordings/deeper_tree.jsonl"
    ended = pgswarm(
        *MAIN_JOB, "--model", f"recorded:{recording}", typed="the city council\n", PGSWARM_DATABASE_URL=db.url
    )
    assert f"{totals(TABLE, 'weather', 'precipitation')['rain']:f}" in ended.out
    assert "recorded model" in ended.out
    assert db.value("select options from pgswarm.swarm") == {"model": f"recorded:{recording}"}
    models = {row["model"] for row in db.rows("select distinct model from pgswarm.llm_call")}
    assert models == {f"recorded:{recording}"}
