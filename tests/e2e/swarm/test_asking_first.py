"""Questions before a decision: to memory, the web, the user; as often as the user wants; never without an end."""

import json
from typing import Any

from e2e.swarm.conftest import Plant
from pgswarm.actions import Fail, Finish
from pgswarm.actions.node import ActionChoice
from pgswarm.schema.states import Outcome

ASK = "Which port do you mean?"


def knows(answer: str) -> dict[str, Any]:
    return {"known": bool(answer), "answer": answer}


def profile(involvement: str) -> dict[str, str]:
    return {"user/profile.json": json.dumps({"expertise": "ships", "involvement": involvement, "notes": ""})}


async def test_what_memory_says_is_not_asked(plant: Plant) -> None:
    tree = plant([("oracle_texts", {"where": "memory"}, knows("Narvik (log.txt)"))], files={"log.txt": "Port: Narvik."})
    root = await tree.run("Which port is it?", "conversation/oracle")
    assert (root.report, tree.asked) == ("Narvik (log.txt)", [])


async def test_the_web_comes_before_the_user_where_it_can_be_searched(plant: Plant) -> None:
    lines = [("oracle_texts", {"where": "web"}, knows("Narvik")), ("oracle_texts", None, knows(""))]
    searched: list[str] = []

    def search(node: Any) -> Finish:
        searched.append(node.directive)
        return Finish("Narvik is a port.")

    tree = plant(lines, files={"log.txt": "a port"}, stand_ins={"web/search": search})
    tree.more_actions = [ActionChoice("web/search", "Search the web.", {})]
    root = await tree.run("Which port is it?", "conversation/oracle")
    assert (root.report, searched, tree.asked) == ("Narvik", ["Which port is it?"], [])


async def test_a_web_that_fails_leaves_it_to_the_user_and_the_answer_is_kept(plant: Plant) -> None:
    tree = plant([], lambda _: "Narvik", stand_ins={"web/search": lambda _: Fail("off", "no provider")})
    tree.more_actions = [ActionChoice("web/search", "Search the web.", {})]
    root = await tree.run("Which port?", "conversation/oracle")
    assert (root.report, tree.asked) == ("Narvik", ["Which port?"])
    assert await tree.memory.read("which-port.md") == "Q: Which port?\nA: Narvik\n"


async def test_what_the_user_answered_once_rules_do_not_ask_again(plant: Plant) -> None:
    tree = plant(None, lambda _: "Narvik")
    await tree.run("Which port is meant?", "conversation/oracle")
    again = await tree.run("Which port is meant?", "conversation/oracle")
    assert (again.report, len(tree.asked)) == ("Narvik", 1)


async def test_an_answer_of_many_lines_is_found_again_whole_by_rules(plant: Plant) -> None:
    tree = plant(None, lambda _: "Narvik\nand Tromsø")
    await tree.run("Which ports are meant?", "conversation/oracle")
    again = await tree.run("Which ports are meant?", "conversation/oracle")
    assert (again.report, len(tree.asked)) == ("Narvik\nand Tromsø", 1)


async def test_answers_to_long_questions_that_begin_alike_stand_side_by_side(plant: Plant) -> None:
    tree = plant([("oracle_texts", None, knows(""))], lambda question: question[-5:])
    for what in ("snow?", "rain?"):
        question = f"What do we do about the ships in the northern ports when there is {what}"
        await tree.run(question, "conversation/oracle")
    kept = {entry.name: await tree.memory.read(entry.entry_id) for entry in await tree.memory.entries()}
    assert len(kept) == 2
    assert {text.rstrip()[-5:] for text in kept.values()} == {"snow?", "rain?"}


async def test_a_user_who_wants_to_be_left_alone_is_not_asked(plant: Plant) -> None:
    tree = plant([("oracle_assume", None, {"important": True, "answer": "Narvik"})], files=profile("never"))
    root = await tree.run(ASK, "conversation/oracle")
    assert root.report == "Narvik (assumed: the user was not asked)"


async def test_a_user_is_asked_what_is_important_where_they_wanted_that(plant: Plant) -> None:
    lines = [
        ("oracle_assume", {"question": "Which port"}, {"important": True, "answer": "Narvik"}),
        ("oracle_assume", None, {"important": False, "answer": "blue"}),
        ("oracle_texts", None, knows("")),
    ]
    tree = plant(lines, lambda _: "Bodø", files=profile("important"))
    assert (await tree.run(ASK, "conversation/oracle")).report == "Bodø"
    assert (await tree.run("Which colour?", "conversation/oracle")).report.startswith("blue (assumed")
    assert tree.asked == [ASK]


async def test_a_manager_asks_first_and_orders_with_the_answer(plant: Plant) -> None:
    lines = [
        ("decompose", {"answers": [{"answer": "Narvik"}]}, {"questions": [], "parts": ["Sum up Narvik"]}),
        ("decompose", None, {"questions": [ASK], "parts": ["never both"]}),
        ("review_branch", None, {"complete": True, "reason": "", "questions": []}),
        ("review_overall", None, {"complete": True, "reason": "", "left": "", "questions": []}),
    ]
    tree = plant(lines, {ASK: "Narvik"}, stand_ins={"swarm/route_action": lambda node: Finish(f"{node.directive}: ok")})
    root = await tree.run("Sum up the port", "swarm/decompose_directive")
    assert root.report == "Sum up Narvik: ok"
    assert tree.asked == [ASK]


async def test_a_manager_that_never_stops_asking_decides_at_its_bound(plant: Plant) -> None:
    lines = [
        ("decompose", {"answers": [{"question": "third"}]}, {"questions": ["a fourth?"], "parts": ["go on"]}),
        ("decompose", {"answers": [{"question": "second"}]}, {"questions": ["a third?"], "parts": []}),
        ("decompose", {"answers": [{"question": "first"}]}, {"questions": ["a second?"], "parts": []}),
        ("decompose", None, {"questions": ["a first?"], "parts": []}),
        ("review_branch", None, {"complete": True, "reason": "", "questions": []}),
        ("review_overall", None, {"complete": True, "reason": "", "left": "", "questions": []}),
    ]
    tree = plant(lines, lambda _: "?", stand_ins={"swarm/route_action": lambda _: Finish("done")})
    root = await tree.run("Go", "swarm/decompose_directive")
    assert (root.report, tree.asked) == ("done", ["a first?", "a second?", "a third?"])


async def test_a_question_that_was_answered_is_not_asked_again(plant: Plant) -> None:
    lines = [
        ("decompose", None, {"questions": ["Which  PORT do you mean"], "parts": ["x"]}),
        ("review_branch", None, {"complete": True, "reason": "", "questions": []}),
        ("review_overall", None, {"complete": True, "reason": "", "left": "", "questions": []}),
    ]
    tree = plant(lines, lambda _: "Narvik", stand_ins={"swarm/route_action": lambda _: Finish("done")})
    root = await tree.run("Go", "swarm/decompose_directive")
    assert (root.report, len(tree.asked)) == ("done", 1)


async def test_unknowns_go_where_they_can_be_answered(plant: Plant) -> None:
    unknowns = [
        {"question": "What does the log say of the port?", "where": "memory"},
        {"question": "Who reads it?", "where": "user"},
        {"question": "Where is Narvik?", "where": "web"},
    ]
    lines = [
        ("determine_unknowns", None, {"unknowns": unknowns}),
        ("oracle_texts", {"question": "log say"}, knows("Narvik")),
        ("oracle_texts", {"where": "web"}, knows("In the north.")),
        ("oracle_texts", None, knows("")),
    ]
    tree = plant(
        lines,
        {"Who reads it?": "the board"},
        files={"log.txt": "Port: Narvik."},
        stand_ins={"web/search": lambda _: Finish("north")},
    )
    tree.more_actions = [ActionChoice("web/search", "Search the web.", {})]
    root = await tree.run("Write about the port", "swarm/determine_unknowns")
    assert "Q: Who reads it?\nA: the board" in root.report
    assert "A: Narvik" in root.report
    assert "A: In the north." in root.report
    assert tree.asked == ["Who reads it?"]


async def test_nothing_unknown_is_said_without_a_question(plant: Plant) -> None:
    root = await plant([("determine_unknowns", None, {"unknowns": []})]).run("Count", "swarm/determine_unknowns")
    assert (root.outcome, root.children) == (Outcome.SUCCEEDED, [])


async def test_a_writer_asks_for_whom_and_writes_with_the_answer(plant: Plant) -> None:
    args = {"context": [{"directive": "Summarise a.txt", "report": "- Bees sleep. (line 1)"}]}
    tree = plant(None, {"Who is the memo for?": "the club"}, {"a.txt": "Bees sleep. They do so in winter."})
    root = await tree.run("Write a memo", "text/write_text", args)
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    assert root.report.startswith("# Memo for the club")
    again = await tree.run("Write a memo", "text/write_text", args)
    assert (again.outcome, len(tree.asked)) == (Outcome.SUCCEEDED, 1)
