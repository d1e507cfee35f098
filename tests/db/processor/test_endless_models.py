"""Models that never stop end at a bound with a clear outcome: spawning, asking, reviewing, repairing, all at once."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest

from support.database import Database
from support.model_server import ModelServer
from support.processors import Processors, register_actions, start_swarm

BUDGET: Final = {"nodes": 60, "llm_calls": 120, "depth": 40, "activations": 30}
ENDS_WITHIN_S: Final = 90
MANAGER: Final = "swarm/decompose_directive"


def spawns(task: str, serial: int) -> Any:
    """Always one more level of managers."""
    if task == "route":
        return {"action": MANAGER, "arguments": [], "reason": "more"}
    return answers(task, serial, parts=[f"part {serial}.{n}" for n in range(3)])


def asks(task: str, serial: int) -> Any:
    """Always one more question."""
    if task == "route":
        return {"action": "text/write_text", "arguments": [], "reason": "ask"}
    return answers(task, serial, questions=[f"And what else ({serial})?"])


def reviews(task: str, serial: int) -> Any:
    """Never complete."""
    if task == "route":
        return {"action": "files/list", "arguments": [], "reason": "short"}
    return answers(task, serial, parts=["list the files"], left=f"do it again ({serial})")


def repairs(_task: str, serial: int) -> Any:
    """Never an answer that fits."""
    return {"nothing": serial}


def answers(task: str, serial: int, *, parts: Any = (), questions: Any = (), left: str = "") -> Any:
    """Return an answer of the built-in tasks."""
    asked = list(questions)
    return {
        "decompose": {"questions": asked, "parts": [] if asked else list(parts) or [f"part {serial}"]},
        "review_branch": {"complete": False, "reason": "no", "questions": asked},
        "review_overall": {"complete": False, "reason": "no", "left": left or "more", "report": "", "questions": asked},
        "write": {"questions": asked or ["for whom?"], "title": "", "text": ""},
    }.get(task, {})


KINDS: Final[Mapping[str, Callable[[str, int], Any]]] = {
    "spawns": spawns, "asks": asks, "reviews": reviews, "repairs": repairs
}  # fmt: skip


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """A server whose models are called by what they never stop doing; `all` draws anew for each request."""
    made = ModelServer()

    def script(server: ModelServer, body: dict[str, Any]) -> Any:
        kind = KINDS.get(body["model"]) or random.choice(list(KINDS.values()))  # noqa: S311 - not a secret
        return server.says(kind(json.loads(body["messages"][1]["content"])["task"], len(server.requests)))

    made.script = script
    yield made
    made.close()


def test_models_that_never_stop_end_at_a_bound_with_a_clear_outcome(
    db: Database, processors: Processors, model: ModelServer
) -> None:
    register_actions(db)
    names = {start_swarm(db, MANAGER, budget=BUDGET, model=name): name for name in (*KINDS, "all")}
    processors.start(env={"OPENAI_BASE_URL": model.url, "PGSWARM_MODEL": "all", "PGSWARM_MODEL_BACKOFF_S": "0.01"})
    until = time.monotonic() + ENDS_WITHIN_S
    while db.value("select count(*) from pgswarm.swarm where status = 'active'"):
        for question in db.rows("select question_id from pgswarm.question where closed_at is null"):
            db.run("select pgswarm.answer_question(%(id)s, '\"never mind\"')", id=question["question_id"])
        assert time.monotonic() < until, db.rows("select action, status, activation from pgswarm.node limit 20")
        time.sleep(0.02)
    for row in db.rows(
        "select s.swarm_id, s.outcome, s.paused_reason, s.spent_llm_calls as calls, n.error ->> 'code' as code,"
        " (select count(*) from pgswarm.node k where k.swarm_id = s.swarm_id) as nodes"
        " from pgswarm.swarm s join pgswarm.node n on n.node_id = s.root_node_id"
    ):
        told = f"{names[str(row['swarm_id'])]}: {row}"
        assert row["paused_reason"] == "budget_exceeded" or (row["outcome"] == "failed" and row["code"]), told
        assert row["calls"] <= BUDGET["llm_calls"], told
        assert row["nodes"] <= BUDGET["nodes"], told
    assert len(model.requests) <= len(names) * BUDGET["llm_calls"]
