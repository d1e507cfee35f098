"""Killed at every point, before and after each transaction: another processor goes on, nothing lost, nothing twice."""

import json
import signal
from typing import Any

import pytest

from pgswarm.processor.failpoints import POINTS
from support.processors import start_swarm, swarm_ended
from support.wait import wait_until

RECORDING = [
    {"task": "word", "match": None, "response": {"word": "tree"}},
    {"task": "refused", "match": None, "status": 400, "response": "no"},
]


class Person:
    """Answers what is asked: the word, and truthfully whether the effect happened."""

    def __init__(self, db: Any, note: Any) -> None:
        self.db, self.note = db, note
        self.asked_about_the_effect = 0

    def answer(self) -> None:
        for question in self.db.rows("select question_id, prompt from pgswarm.question where closed_at is null"):
            answer: Any = "oak"
            if "'send'" in question["prompt"]:
                self.asked_about_the_effect += 1
                answer = {"result": "sent oak"} if self.effects() else "no"
            self.db.run(
                "select pgswarm.answer_question(%(id)s, %(answer)s)",
                id=question["question_id"],
                answer=json.dumps(answer),
            )

    def effects(self) -> Any:
        return self.note.read_text().splitlines() if self.note.exists() else []


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_this_point_another_goes_on_and_nothing_happens_twice(
    db: Any, processors: Any, tmp_path: Any, point: Any
) -> None:
    recording = tmp_path / "recording.jsonl"
    recording.write_text("".join(f"{json.dumps(line)}\n" for line in RECORDING))
    env = {"PGSWARM_MODEL": f"recorded:{recording}", "PGSWARM_MODEL_TRIES": "1"}
    person = Person(db, tmp_path / "note")
    transaction = point.split(".")[0]
    dies = "in effect" if transaction == "settle_effect" else ""
    swarm_id = start_swarm(db, "outside/touch", {"note": str(person.note), "dies": dies})
    load = start_swarm(db, "bench/fan_out", {"width": 30, "depth": 1, "sleep_ms": 20})
    if dies:
        first = processors.start(env=env)

        def died() -> int | None:
            person.answer()
            code: int | None = first.process.poll()
            return code

        wait_until(died, "the first has died in the effect")
    armed = processors.start(env=env | {"PGSWARM_FAILPOINT": point})

    signals = iter([signal.SIGTERM])  # a second one would end it at once

    def dead() -> Any:
        waits = bool(db.rows("select from pgswarm.question"))
        person.answer()
        if transaction == "settle" and waits:
            db.run(
                """select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and application_name like 'pgswarm commit%'"""
            )
        elif transaction in {"drain", "stop"} and waits:
            for number in signals:
                armed.signal(number)
        return armed.process.poll() is not None

    wait_until(dead, f"killed at {point}", within_s=60)
    assert armed.process.returncode == -signal.SIGKILL, armed.said()

    processors.start(env=env)
    assert swarm_ended(db, swarm_id, 60, person.answer)["report"] == "tree, sent oak, sent oak, oak"
    assert swarm_ended(db, load)["outcome"] == "succeeded"
    assert person.effects() == ["effect oak"]
    assert person.asked_about_the_effect <= 1
    assert db.value("select count(*) from pgswarm.llm_call where response is not null") == 1
    entries = db.rows(
        "select path, version from pgswarm.space_entry where swarm_id = %(id)s order by path", id=swarm_id
    )
    assert [(row["path"], row["version"]) for row in entries] == [("created/say", 1), ("word.txt", 1)]
    assert db.value("select count(*) from pgswarm.workspace_file where path = 'notes/word.txt'") == 1
