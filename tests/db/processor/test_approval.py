"""A supervised swarm by a real processor: nothing is spawned before a yes, and a correction changes the plan."""

import json
from typing import Any

from support.database import Database
from support.processors import Processors, start_swarm, swarm_ended


def answer(db: Database, said: Any) -> str:
    (asked,) = db.rows("select question_id, prompt from pgswarm.question where closed_at is null")
    db.run("select pgswarm.answer_question(%(q)s, %(a)s)", q=asked["question_id"], a=json.dumps(said))
    return str(asked["prompt"])


def test_a_plan_waits_for_a_yes_and_heeds_a_correction(db: Database, processors: Processors) -> None:
    swarm_id = start_swarm(db, "outside/planner", approve="plan")
    processors.once()
    assert db.value("select count(*) from pgswarm.node") == 1
    assert "1. wide" in answer(db, "narrower, please")
    processors.once()
    assert "2. Not like that: narrower, please" in answer(db, "yes")
    processors.once()
    ended = swarm_ended(db, swarm_id)
    assert ended["report"] == "planned 2 times: True"
    assert db.value("select count(*) from pgswarm.node") == 2


def test_a_no_fails_the_node_that_planned(db: Database, processors: Processors) -> None:
    swarm_id = start_swarm(db, "outside/planner", approve="every_step")
    processors.once()
    answer(db, "no")
    processors.once()
    assert swarm_ended(db, swarm_id)["outcome"] == "failed"
    assert db.value("select error ->> 'code' from pgswarm.node") == "not_approved"
