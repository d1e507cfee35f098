"""The action: which file, which question, and what it asks a person."""

from collections.abc import Callable

import pytest

from pgswarm.actions.base import ActionError, registry
from pgswarm.actions.data.describe_table import DescribeTable, DescribeTableArgs
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Ask, Fail, Finish, Question

NodeWith = Callable[..., Node[DescribeTableArgs]]

SALES = "region,product,units,revenue\nNorth,Lamp,3,15.50\nSouth,Chair,1,70.25\nNorth,Chair,2,140.00\n"
WEATHER = "day,rain,wind\n2020-01-01,1.5,3\n2020-01-02,0.5,4\n"
ACTION = DescribeTable()


async def report(node: Node[DescribeTableArgs]) -> str:
    outcome = await ACTION.main(node)
    assert isinstance(outcome, Finish), outcome
    return outcome.report


def test_routers_can_choose_it() -> None:
    found = registry.get("data/describe_table")
    assert found is not None
    spec = found.spec
    assert spec.routable
    assert set(spec.args_model.model_fields) == {"file", "question"}
    assert {"with_file", "with_column"} < set(spec.handlers)


async def test_question_is_answered_with_line_table_and_reading(node_with: NodeWith) -> None:
    text = await report(node_with({"sales.csv": SALES}, question="total revenue by region"))
    assert text.startswith("Total revenue by region: North 155.50; South 70.25.")
    assert "| North | 155.50 | 2 |" in text
    assert "Understood as: total revenue by region (sales.csv)." in text


async def test_directive_that_asks_for_figures_is_the_question(node_with: NodeWith) -> None:
    assert "155.50" in await report(node_with({"sales.csv": SALES}, "Which region had the highest revenue?"))


async def test_without_a_question_the_table_is_described(node_with: NodeWith) -> None:
    text = await report(node_with({"sales.csv": SALES}, "Summarise sales.csv"))
    assert "3 rows and 4 columns" in text
    assert "| North | 5 | 155.50 | 2 |" in text


async def test_directive_names_the_file(node_with: NodeWith) -> None:
    files = {"sales.csv": SALES, "weather.csv": WEATHER, "notes.txt": "a, b"}
    assert "day from 2020-01-01 to 2020-01-02" in await report(node_with(files, "Describe weather.csv"))


async def test_file_is_found_by_its_columns(node_with: NodeWith) -> None:
    files = {"a.csv": SALES, "b.csv": WEATHER}
    assert "The total rain is 2.0" in await report(node_with(files, "What is the total rain?"))


def choices(outcome: ActionOutcome) -> list[str]:
    assert isinstance(outcome, Ask)
    assert isinstance(outcome.questions, Question)
    return list(outcome.questions.choices or ())


async def test_file_that_cannot_be_told_is_asked_for(node_with: NodeWith) -> None:
    node = node_with({"a.csv": SALES, "b.csv": WEATHER}, "Describe the table", answer="b.csv")
    assert choices(await ACTION.main(node)) == ["a.csv", "b.csv"]
    outcome = await ACTION.with_file(node)
    assert isinstance(outcome, Finish)
    assert "rain" in outcome.report


async def test_who_wants_not_to_be_asked_is_told_between_which_files_to_choose(node_with: NodeWith) -> None:
    node = node_with({"a.csv": SALES, "b.csv": WEATHER}, "Describe the table")
    vars(node.memory)["known"] = {"involvement": "never"}
    ended = await ACTION.main(node)
    assert isinstance(ended, Fail), ended
    assert (ended.code, "a.csv, b.csv" in ended.message) == ("unclear_question", True)


async def test_column_that_cannot_be_told_is_asked_for(node_with: NodeWith) -> None:
    node = node_with({"sales.csv": SALES}, question="total by region", answer="units")
    assert choices(await ACTION.main(node)) == ["units", "revenue"]
    outcome = await ACTION.with_column(node)
    assert isinstance(outcome, Finish)
    assert outcome.report.startswith("Total units by region: North 5; South 1.")


async def test_question_beyond_the_table_fails_with_its_columns(node_with: NodeWith) -> None:
    outcome = await ACTION.main(node_with({"sales.csv": SALES}, question="forecast of revenue"))
    assert isinstance(outcome, Fail)
    assert outcome.code == "unclear_question"
    assert "region, product, units, revenue" in outcome.message


@pytest.mark.parametrize("files", [{}, {"notes.txt": "text"}])
async def test_missing_table_is_said_with_the_remedy(node_with: NodeWith, files: dict[str, str]) -> None:
    with pytest.raises(ActionError, match="--file") as error:
        await ACTION.main(node_with(files, "Describe the table"))
    assert error.value.code == "no_such_file"


async def test_named_file_that_is_not_there_is_said(node_with: NodeWith) -> None:
    with pytest.raises(ActionError, match=r"'gone\.csv'.*sales\.csv"):
        await ACTION.main(node_with({"sales.csv": SALES}, file="gone.csv"))


async def test_file_that_is_no_table_fails_clearly(node_with: NodeWith) -> None:
    with pytest.raises(ActionError, match="does not read as a table"):
        await ACTION.main(node_with({"x.csv": "Once upon a time.\nThere was a swarm.\n"}, file="x.csv"))
