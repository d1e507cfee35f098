"""An effect of which a crash left nothing known: a person is asked, and what they say is what happens."""

import json
from typing import Any

import pytest

from support.processors import start_swarm, swarm_ended
from support.wait import wait_until


class Touched:
    """A swarm whose processor died in or right after the effect, and what is asked about it."""

    def __init__(self, db: Any, processors: Any, tmp_path: Any, dies: Any) -> None:
        self.db, self.processors = db, processors
        self.note = tmp_path / "note"
        recording = tmp_path / "recording.jsonl"
        recording.write_text(
            '{"task": "word", "response": {"word": "tree"}}\n{"task": "refused", "status": 400, "response": "no"}\n'
        )
        self.env = {"PGSWARM_MODEL": f"recorded:{recording}", "PGSWARM_MODEL_TRIES": "1"}
        self.swarm_id = start_swarm(db, "outside/touch", {"note": str(self.note), "dies": dies})
        first = processors.start(env=self.env)
        self.answer("oak")
        first.ended()
        processors.start(env=self.env)

    def answer(self, answer: Any) -> Any:
        (question,) = wait_until(
            lambda: self.db.rows("select question_id, prompt from pgswarm.question where closed_at is null"), "asked"
        )
        self.db.run(
            "select pgswarm.answer_question(%(id)s, %(answer)s)",
            id=question["question_id"],
            answer=json.dumps(answer),
        )
        return question["prompt"]

    def effects(self) -> Any:
        return self.note.read_text().splitlines() if self.note.exists() else []

    def report(self) -> Any:
        return swarm_ended(self.db, self.swarm_id)["report"]


@pytest.fixture
def touched(db: Any, processors: Any, tmp_path: Any) -> Any:
    return lambda dies: Touched(db, processors, tmp_path, dies)


def test_a_person_says_it_did_not_happen_so_it_is_done(touched: Any) -> None:
    swarm = touched("in effect")
    assert "'send'" in swarm.answer("no")
    assert swarm.report() == "tree, sent oak, sent oak, oak"
    assert swarm.effects() == ["effect oak"]


def test_a_person_says_it_happened_so_it_is_not_done_again(touched: Any) -> None:
    swarm = touched("after effect")
    assert "'send'" in swarm.answer("yes")
    assert swarm.report() == "tree, None, None, oak"
    assert swarm.effects() == ["effect oak"]


def test_a_person_gives_the_result_that_it_had(touched: Any) -> None:
    swarm = touched("after effect")
    swarm.answer({"result": "seen"})
    assert swarm.report() == "tree, seen, seen, oak"
    assert swarm.effects() == ["effect oak"]


def test_an_answer_that_is_neither_is_asked_again(touched: Any) -> None:
    swarm = touched("after effect")
    swarm.answer("perhaps")
    swarm.answer("yes")
    assert swarm.report() == "tree, None, None, oak"
    assert swarm.effects() == ["effect oak"]


def test_model_calls_before_an_unclear_effect_are_not_paid_again(touched: Any) -> None:
    swarm = touched("after effect")
    swarm.answer("yes")
    swarm.report()
    calls = swarm.db.rows("select sends from pgswarm.llm_call where response is not null")
    assert [call["sends"] for call in calls] == [1]
