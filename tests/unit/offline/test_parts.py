import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgswarm.actions.models.errors import NeedsModelError
from pgswarm.actions.models.offline.rules.files import FileInfo
from pgswarm.actions.models.offline.rules.lexicon import Kind
from pgswarm.actions.models.offline.rules.parts import explicit, planned

TREATY = FileInfo("fishing_treaty.txt", "text", "A treaty on fishing in the northern waters")
CATCH = FileInfo("catch-2019.csv", "csv", "port,species,month,tonnes,price")
LETTER = FileInfo("letter.md", "markdown", "# To the harbour master")
CREW = FileInfo("crew.csv", "csv", "ship,captain,sailors,wages")
TWO = (TREATY, CATCH)
FOUR = (TREATY, CATCH, LETTER, CREW)

_READ = tomllib.loads(Path(__file__).with_name("goals.toml").read_text("utf-8"))["goal"]
GOALS = [(str(goal["text"]), [Kind(kind) for kind in goal["kinds"]]) for goal in _READ]


@pytest.mark.parametrize(("goal", "kinds"), GOALS, ids=[goal[:50] for goal, _ in GOALS])
def test_a_goal_has_the_parts_that_it_asks_for(goal: str, kinds: list[Kind]) -> None:
    assert sorted(part.kind for part in planned(goal, TWO)) == sorted(kinds)


@pytest.mark.parametrize("goal", [goal for goal, _ in GOALS], ids=str)
def test_the_directive_of_a_part_is_read_back_as_that_part(goal: str) -> None:
    for part in planned(goal, TWO):
        assert [again.kind for again in explicit(part.directive, TWO)] == [part.kind], part.directive


@pytest.mark.parametrize("goal", [goal for goal, _ in GOALS], ids=str)
def test_documents_wait_for_the_results_that_they_are_written_from(goal: str) -> None:
    parts = planned(goal, TWO)
    for part in parts:
        assert part.stage == 0 if part.kind in {Kind.COMPUTE, Kind.FIND, Kind.ASK} else True
        if part.kind is Kind.WRITE:
            assert all(part.stage > other.stage for other in parts if other.kind in {Kind.COMPUTE, Kind.FIND})


def test_each_file_gets_its_own_summary() -> None:
    assert [part.files for part in planned("Condense every file.", FOUR)] == [(f.name,) for f in FOUR]


def test_both_texts_leaves_the_tables_out() -> None:
    assert [p.files for p in planned("Summarise both texts", FOUR)] == [("fishing_treaty.txt",), ("letter.md",)]


def test_the_columns_say_which_table_is_meant() -> None:
    first, second = planned("Give the total tonnes by port and the average wages by ship", FOUR)
    assert (first.files, second.files) == (("catch-2019.csv",), ("crew.csv",))
    assert "crew.csv" in second.directive


def test_a_word_of_the_name_says_which_text_is_meant() -> None:
    (part,) = planned("What does the letter say about delivery?", FOUR)
    assert part.files == ("letter.md",)


def test_a_file_that_is_not_there_stays_in_the_directive() -> None:
    (part,) = planned("Summarise missing.txt", TWO)
    assert (part.directive, part.files) == ("Summarise missing.txt", ())


def test_only_one_question_is_asked_for_the_audience() -> None:
    goal = "Ask me who the memo is for. Sum up the text. Write a memo for the audience that I name."
    asks = [part for part in planned(goal, TWO) if part.kind is Kind.ASK]
    assert [part.directive for part in asks] == ["Ask the user: Who is the memo for?"]


@pytest.mark.parametrize(
    "goal",
    [
        "Sum up the text and write a memo for the board",
        "Sum up the text and write a letter to our customers",
        "Sum up the text and write a memo. The audience is the night shift.",
        "Sum up the text; then a briefing aimed at new sailors",
        "I need a note addressed to the harbour master; sum up the text first",
    ],
)
def test_nobody_is_asked_for_an_audience_that_the_goal_names(goal: str) -> None:
    assert all(part.kind is not Kind.ASK for part in planned(goal, TWO))


def test_the_reader_that_was_told_before_is_not_asked_for_again() -> None:
    parts = planned("Write a memo", TWO, material=True, audience_known=True)
    assert [part.kind for part in parts] == [Kind.WRITE]


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(goal: str) -> None:
    for part in planned(goal, FOUR):
        assert part.directive


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                ("summarise the treaty", Kind.SUMMARISE),
                ("work out the total tonnes by port", Kind.COMPUTE),
                ("quote what the treaty says about nets", Kind.FIND),
                ("draft a memo for the fleet", Kind.WRITE),
                ("tell me the average price per species", Kind.COMPUTE),
            ]
        ),
        min_size=2,
        max_size=5,
        unique=True,
    ),
    st.sampled_from([". ", "; ", ", then ", " and ", ", "]),
)
def test_parts_in_any_order_and_with_any_joint_are_told_apart(chosen: list[tuple[str, Kind]], joint: str) -> None:
    goal = joint.join(text for text, _ in chosen)
    files: list[FileInfo] = list(TWO)
    assert [part.kind for part in explicit(goal[0].upper() + goal[1:], files)] == [kind for _, kind in chosen]


@pytest.mark.parametrize(
    "goal", ["1) find x " * 2_000, "a" * 20_001, "find x; " * 41 + "find y"], ids=["list", "long", "x"]
)
def test_a_goal_beyond_the_bounds_of_rules_needs_a_model_and_says_so_soon(goal: str) -> None:
    begin = time.monotonic()
    with pytest.raises(NeedsModelError, match="rules"):
        explicit(goal, TWO)
    assert time.monotonic() - begin < 10  # a second on an idle machine


def test_a_goal_of_one_endless_word_is_read_soon() -> None:
    begin = time.monotonic()
    explicit("a" * 19_000, TWO)
    assert time.monotonic() - begin < 5
