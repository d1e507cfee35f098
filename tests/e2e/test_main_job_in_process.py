"""The main job, whole, by the offline model and by a recorded one; the model is faked at the HTTP protocol only."""

import csv
import io
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from pgswarm.actions.models.client import ModelClient
from pgswarm.actions.models.settings import ModelSettings
from pgswarm.schema.states import Outcome
from support.tree import Tree, load_built_in_actions

ROOT = Path(__file__).parents[2]
EXAMPLES = {path.name: path.read_bytes() for path in sorted((ROOT / "examples").glob("*.[ct][sx][vt]"))}
GOAL = (
    "Summarise each file, work out the total precipitation for each kind of weather, find what the Constitution says "
    "about the census and quote the place, and write a one-page report (ask me who it is for)."
)
CENSUS = (
    "> No Capitation, or other direct, Tax shall be laid, unless in Proportion to the Census or enumeration herein "
    "before directed to be taken.\n> — us-constitution.txt, lines 272 to 273"
)

MakeTree = Callable[..., Tree]


@pytest.fixture
async def plant() -> AsyncIterator[MakeTree]:
    """A function that makes a tree: model, files, answers."""
    load_built_in_actions()
    clients: list[ModelClient] = []

    def make(files: dict[str, str | bytes], answer: str = "the city council", model: str = "offline/rules") -> Tree:
        clients.append(ModelClient(ModelSettings.from_env({"PGSWARM_MODEL": model})))
        return Tree(clients[-1], files, lambda _: answer)

    yield make
    for client in clients:
        await client.aclose()


def actions_of(tree: Tree) -> Counter[str]:
    return Counter(node.action for node in tree.nodes)


async def test_the_example_goal_ends_in_its_report(plant: MakeTree) -> None:
    tree = plant(EXAMPLES)
    root = await tree.run(GOAL)
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    assert tree.asked == ["Who is the one-page report for?"]
    assert "Report for the city council" in root.report
    assert CENSUS in root.report
    for row in ("| rain | 1840.3 |", "| snow | 213.7 |", "| drizzle | 0.0 |"):
        assert row in root.report
    found = actions_of(tree)
    assert found["swarm/decompose_directive"] == 1
    assert found["swarm/review_reports"] == 2
    assert all(node.outcome is Outcome.SUCCEEDED for node in tree.nodes), tree.show()


async def test_a_recorded_model_of_another_shape_ends_right_too(plant: MakeTree) -> None:
    tree = plant(EXAMPLES, model=f"recorded:{ROOT / 'tests/recordings/deeper_tree.jsonl'}")
    root = await tree.run(GOAL)
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    assert "1840.3 mm" in root.report
    found = actions_of(tree)
    assert found["swarm/decompose_directive"] == 2  # one below the other
    assert found["swarm/review_reports"] == 4  # three rounds above, one below
    assert [n.error["code"] for n in tree.nodes if n.error] == ["not_prose"]
    (quoted,) = [node.report for node in tree.nodes if node.action == "memory/retrieve"]
    assert "Weather Bureau" not in quoted  # what the text does not say is not quoted
    assert "lines 272 to 273" in quoted


WORDS = [
    "the",
    "ferry",
    "left",
    "at",
    "dawn",
    "and",
    "the",
    "crew",
    "had",
    "slept",
    "badly",
    "in",
    "the",
    "cold",
    "cabin",
    "below",
    "the",
    "deck",
    "of",
    "the",
    "old",
    "ship",
]
PORTS = ["Alta", "Bodø", "Narvik", "Vardø"]


def a_text(seed: random.Random) -> tuple[str, str, int]:
    """A text of several pages that speaks of lighthouses once, and on which line."""
    paragraphs = []
    for number in range(40):
        lines = [" ".join(seed.choices(WORDS, k=12)).capitalize() for _ in range(5)]
        paragraphs.append(f"Chapter {number}\n\n" + ",\n".join(lines) + ".")
    quote = "The lighthouse of Fruholmen was lit again in 1949."
    paragraphs.insert(seed.randrange(5, 35), quote)
    text = "\n\n".join(paragraphs) + "\n"
    return text, quote, text[: text.index(quote)].count("\n") + 1


def a_table(seed: random.Random) -> tuple[str, dict[str, Decimal]]:
    """A table of landings, and the tonnes of each port added up apart from the code under test."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["port", "month", "tonnes"])
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for _ in range(300):
        port, tonnes = seed.choice(PORTS), Decimal(seed.randrange(1, 9999)) / 10
        totals[port] += tonnes
        rows.writerow([port, seed.randrange(1, 13), tonnes])
    return out.getvalue(), totals


@pytest.mark.parametrize(
    "goal",
    [
        """Condense both files, add up the tonnes for each port, look up what the log says on the lighthouse
        and cite the line; finally draft a memo.""",
        "1. Give me the gist of every file\n2. tonnes per port\n3. the line on the lighthouse, quoted\n4. a memo",
        """I want a memo at the end; ask me who reads it. Before that: boil each file down, tot up the tonnes by port,
        and dig out the passage about the lighthouse.""",
    ],
    ids=["sentences", "list", "reversed"],
)
async def test_files_and_goals_never_seen_before_end_right(plant: MakeTree, goal: str) -> None:
    seed = random.Random(goal)  # noqa: S311 - test data, the same in every run
    text, quote, line = a_text(seed)
    table, totals = a_table(seed)
    tree = plant({"ships_log.txt": text, "landings.csv": table}, answer="the harbour board")
    root = await tree.run(goal)
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    assert len(tree.asked) == 1
    assert "Memo for the harbour board" in root.report
    assert f"> {quote}\n> — ships_log.txt, line {line}\n" in root.report + "\n"
    for port, total in totals.items():
        assert f"| {port} | {total} |" in root.report


async def test_a_part_that_needs_a_model_is_said_and_the_rest_is_done(plant: MakeTree) -> None:
    tree = plant({"a.txt": "Bees sleep. They do so in winter."})
    root = await tree.run("Summarise a.txt and then translate it into French")
    assert root.error is not None
    assert root.error["code"] == "needs_model"
    assert "Bees sleep" in root.report


async def test_a_file_that_is_not_there_is_named_with_those_that_are(plant: MakeTree) -> None:
    tree = plant({"a.txt": "Bees sleep."})
    root = await tree.run("Summarise b.txt")
    assert root.error == {"code": "not_found", "message": "No file is called 'b.txt'. Attached: a.txt."}


async def test_a_binary_file_is_refused_by_name(plant: MakeTree) -> None:
    root = await plant({"picture.txt": b"\x89PNG\xff\xfe"}).run("Summarise picture.txt")
    assert root.error is not None
    assert root.error["code"] == "not_text"


async def test_two_things_that_only_a_person_knows_are_two_questions(plant: MakeTree) -> None:
    tree = plant({}, answer="green")
    root = await tree.run("Ask me for my favourite colour and a memory", action="conversation/ask_user")
    assert tree.asked == ["Your favourite colour?", "A memory?"]
    assert root.report.count("A: green") == 2


async def test_a_manager_stops_at_its_bound_of_rounds(plant: MakeTree) -> None:
    tree = plant({"a.txt": "Bees sleep."})
    goal = "Summarise a.txt and write a memo for the mayor"
    root = await tree.run(goal, action="swarm/decompose_directive", args={"max_rounds": 1})
    assert root.error is not None
    assert root.error["code"] == "rounds_exhausted"
    assert "memo" in root.error["message"]


async def test_what_is_written_is_saved_among_the_results(plant: MakeTree) -> None:
    tree = plant({"a.txt": "Bees sleep. They do so in winter."})
    await tree.run("Summarise a.txt and save a report for the club as club.md")
    saved = {entry.path for entry in await tree.memory.entries()}
    assert "/results/club.md" in saved
