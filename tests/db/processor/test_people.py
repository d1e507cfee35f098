"""What a handler sees of people: answers, defaults that were taken, messages, and the files that came with them."""

import json
from typing import Any

from support.processors import start_swarm, swarm_ended
from support.wait import wait_until


def test_handler_tells_a_default_from_an_answer_and_finds_the_files(db: Any, processors: Any) -> None:
    upload = db.value("select pgswarm.create_upload(name => 'cup.txt', kind => 'text', content => 'blue'::bytea)")
    swarm_id = start_swarm(db, "outside/remind", {"seconds": 0.2})
    processors.start()
    open_ones = "select question_id, prompt from pgswarm.question where closed_at is null"
    wait_until(lambda: [row["prompt"] for row in db.rows(open_ones)] == ["Which cup?"], "the other has expired")
    db.run(
        "select pgswarm.add_message(swarm_id => %(s)s, node_id => null, content => 'hurry',"
        " files => array[%(u)s::uuid])",
        s=swarm_id, u=upload,
    )  # fmt: skip
    db.run(
        "select pgswarm.answer_question(question_id => %(q)s, answer => '\"mine\"', files => array[%(u)s::uuid])",
        q=db.rows(open_ones)[0]["question_id"], u=upload,
    )  # fmt: skip
    assert json.loads(swarm_ended(db, swarm_id)["report"]) == [
        ["tea", True, []], ["mine", False, ["cup.txt"]], ["hurry", "user", ["cup.txt"]],
    ]  # fmt: skip
