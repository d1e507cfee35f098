"""A conversation by a real processor: two questions, two messages, out of order; between them nothing runs."""

import json

from support.database import Database
from support.processors import Processors, swarm_ended

GOAL = "Ask me for my favourite colour and a memory"


def test_two_questions_answered_out_of_order_end_in_a_report_with_both(db: Database, processors: Processors) -> None:
    swarm_id = str(db.value("select pgswarm.start_swarm(%(goal)s, action => 'conversation/ask_user')", goal=GOAL))
    root = db.row("select action, directive, status from pgswarm.node")
    assert (root["action"], root["status"]) == ("conversation/ask_user", "pending")
    processors.once()
    colour, memory = db.rows("select question_id, prompt from pgswarm.question order by position")
    say(db, memory["question_id"], "the sea at night")
    assert db.row("select status, lease_owner from pgswarm.node") == {"status": "waiting_user", "lease_owner": None}
    say(db, colour["question_id"], "green")
    processors.once()
    ended = swarm_ended(db, swarm_id)
    assert ended["report"] == f"Q: {colour['prompt']}\nA: green\n\nQ: {memory['prompt']}\nA: the sea at night"
    kept = db.row("select kind, path from pgswarm.space_entry where kind = 'conversation'")
    assert kept["path"].startswith("user/conversations/")
    assert db.value("select activation from pgswarm.node") == 3


def test_what_an_interview_found_out_is_known_to_the_next_swarm_of_the_same_person(
    db: Database, processors: Processors
) -> None:
    interview = "conversation/introductory_interview"
    db.value("select pgswarm.start_swarm('who am I', action => %(a)s)", a=interview)
    processors.once()
    expertise, involvement, keep = db.rows("select question_id, choices from pgswarm.question order by position")
    say(db, expertise["question_id"], "contracts")
    say(db, involvement["question_id"], involvement["choices"][2])
    say(db, keep["question_id"], keep["choices"][0])
    processors.once()
    later = db.value("select pgswarm.start_swarm('what now', action => 'swarm/route_action')")
    known = db.value("select pgswarm.read_profile(%(s)s)", s=later)
    assert (known["involvement"], known["expertise"]) == ("never", "contracts")


def say(db: Database, question_id: object, text: str) -> None:
    said = db.value("select pgswarm.answer_question(%(q)s, %(a)s)", q=question_id, a=json.dumps(text))
    assert said == "accepted"
