"""`text/summarise` of what is longer than one piece: its limits hold for the whole, and it is kept."""

from collections.abc import Mapping
from typing import Any

from db.spaces.conftest import OpenStage
from pgswarm.actions import Finish
from pgswarm.actions.models.offline.rules import answer
from pgswarm.actions.text.summarise import MAX_AGAIN, PIECE_CHARS, excess
from support.database import Database
from support.spaces import entry, find, save

LONG = "\n\n".join(f"Ship {n} left the harbour in week {n}, and its crew of {n} landed herring." for n in range(2_000))


async def test_limits_hold_for_a_text_of_several_pieces_by_rules(db: Database, stage: OpenStage) -> None:
    node = stage(lambda task, data: answer(task, data, {}), "Sum it up")
    source = save(db.conn, node.swarm_id, "log.md", LONG, kind="markdown")
    done = await node.run("text/summarise", {"file": "log.md", "max_sentences": 1, "max_words": 20})
    lead, _, point = done.report.split("\n")
    assert lead == f"log.md ({len(LONG.split()):,} words), in its own words:"
    assert point.removeprefix("- ").partition(" (line ")[0] in LONG.splitlines()
    number = int(point.rpartition("line ")[2].rstrip(")"))
    assert point[2:].startswith(LONG.splitlines()[number - 1])
    row = entry(db.conn, find(db.conn, node.swarm_id, "results/summary_of_log.md"))
    assert (row["kind"], row["derived_from"]) == ("markdown", [source])


async def test_a_model_that_goes_on_too_long_is_told_and_then_cut_at_a_sentence(stage: OpenStage) -> None:
    told: list[Any] = []

    def says(_task: str, data: Mapping[str, Any]) -> Any:
        told.append((data.get("again"), data.get("problem")))
        return {"summary": "Mr. Hill went to sea. He came back. Nobody asked."}

    done = await stage(says).run("text/summarise", {"text": LONG, "max_sentences": 2})
    pieces = len(LONG) // PIECE_CHARS + 1
    problem = "It has 3 sentences; 2 at most."
    assert done == Finish("Mr. Hill went to sea. He came back.")
    assert told[:pieces] == [(None, None)] * pieces
    assert told[pieces:] == [(True, f"It has {3 * pieces} sentences; 2 at most."), *[(True, problem)] * (MAX_AGAIN - 1)]
    assert excess("- One two. (line 3)", 2, 1) == ""
