"""The main job with real processors on a real database: asked once, answered, and ended right."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from support.database import Database

ROOT = Path(__file__).parents[2]
FILES = {"us-constitution.txt": "text", "seattle-weather.csv": "csv"}
GOAL = (
    "Summarise each file, work out the total precipitation for each kind of weather, find what the Constitution says "
    "about the census and quote the place, and write a one-page report (ask me who it is for)."
)
MODELS = {"rules": "offline/rules", "recorded": f"recorded:{ROOT / 'tests/recordings/deeper_tree.jsonl'}"}


def work(db: Database, model: str) -> None:
    """Run one processor until nothing is claimable."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "PGSWARM_"))}
    subprocess.run(
        [sys.executable, "-P", "-m", "pgswarm.cli.main", "processor", "--once"],
        env={**environment, "PGSWARM_DATABASE_URL": db.url, "PGSWARM_MODEL": model},
        check=True,
        timeout=120,
    )


def start(db: Database, goal: str) -> UUID:
    swarm_id: UUID = db.value("select pgswarm.start_swarm(goal => %(goal)s)", goal=goal)
    for name, kind in FILES.items():
        content = (ROOT / "examples" / name).read_bytes()
        db.value(
            "select pgswarm.save_entry(%(swarm)s, null, %(name)s, %(kind)s, '', '', %(content)s)",
            swarm=swarm_id,
            name=name,
            kind=kind,
            content=content,
        )
    return swarm_id


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_the_example_goal_asks_once_and_succeeds_with_right_figures(db: Database, model: str) -> None:
    work(db, model)  # registers the actions
    swarm_id = start(db, GOAL)
    work(db, model)
    (question,) = db.rows("select question_id from pgswarm.inbox")
    answer = json.dumps("the city council")
    assert db.value("select pgswarm.answer_question(%(id)s, %(a)s)", id=question["question_id"], a=answer) == "accepted"
    work(db, model)
    swarm = db.row("select * from pgswarm.swarm where swarm_id = %(id)s", id=swarm_id)
    report = db.value(
        "select pgswarm.whole_text(report, report_blob) from pgswarm.swarm where swarm_id = %(id)s", id=swarm_id
    )
    assert (swarm["status"], swarm["outcome"]) == ("terminated", "succeeded")
    assert "the city council" in report
    assert "1840.3" in report
    assert "lines 272 to 273" in report
    assert db.value("select count(*) from pgswarm.question") == 1
    assert db.value("select coalesce(sum(cost_usd), 0) from pgswarm.llm_call") == 0
