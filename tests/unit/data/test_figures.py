"""Figures against an independent computation with fractions and the standard library."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgswarm.actions.data import Answer, Table, answer_question, compute, describe, read_table
from pgswarm.actions.data.figures.compute import Result
from pgswarm.actions.data.figures.plan import Condition, How, Key, Measure, Part, Plan, Rank

decimals = st.decimals(-(10**9), 10**9, places=3, allow_nan=False, allow_infinity=False)
Record = tuple[str, date, Decimal, bool]
rows = st.lists(
    st.tuples(st.sampled_from(["North", "South", "East"]), st.dates(), decimals, st.booleans()), min_size=1, max_size=40
)


def table_of(records: list[Record]) -> Table:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["region", "sold_on", "amount"])
    for region, day, amount, missing in records:
        writer.writerow([region, day.isoformat(), "NA" if missing else amount])
    return read_table(out.getvalue(), "sales.csv")


def grouped(records: list[Record], key: Callable[[Record], object]) -> dict[object, list[Fraction]]:
    groups: dict[object, list[Fraction]] = defaultdict(list)
    for record in records:
        groups[key(record)] += [] if record[3] else [Fraction(record[2])]
    return groups


def middle(numbers: list[Fraction]) -> Fraction:
    ordered = sorted(numbers)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def figures(result: Result, index: int = 0) -> dict[object, object]:
    return {group.key[0]: group.figures[index] for group in result.groups}


@settings(max_examples=15, deadline=None)
@given(rows)
def test_groups_have_the_exact_sum_mean_median_and_ends(records: list[Record]) -> None:
    table = table_of(records)
    if not table.column("amount").numeric:
        return
    hows = (How.SUM, How.MEAN, How.MEDIAN, How.MIN, How.MAX, How.COUNT)
    result = compute(Plan(tuple(Measure(how, "amount") for how in hows), (Key("region"),)), table)
    expected = grouped(records, lambda record: record[0])
    assert {g.key[0] for g in result.groups} == set(expected)
    for group in result.groups:
        numbers = expected[group.key[0]]
        assert group.figures[5] == len(numbers)
        if not numbers:
            assert group.figures[:5] == (None,) * 5
            continue
        sum_, mean, median, low, high = (Fraction(f"{figure}") for figure in group.figures[:5])
        whole = sum(numbers, Fraction(0))
        assert sum_ == whole
        assert round(mean - whole / len(numbers), 20) == 0
        assert round(median - middle(numbers), 20) == 0
        assert (low, high) == (min(numbers), max(numbers))


@settings(max_examples=12, deadline=None)
@given(rows)
def test_a_question_gives_the_figures_of_its_plan(records: list[Record]) -> None:
    table = table_of(records)
    if not table.column("amount").numeric:
        return
    answer = answer_question("What is the total amount by region?", table)
    assert isinstance(answer, Answer)
    for region, numbers in grouped(records, lambda record: record[0]).items():
        if numbers:
            exact = sum((r[2] for r in records if r[0] == region and not r[3]), Decimal(0))
            assert f"| {region} | {exact:f} |" in answer.text


@settings(max_examples=12, deadline=None)
@given(rows)
def test_years_and_months_group_the_days_in_them(records: list[Record]) -> None:
    table = table_of(records)
    keys: tuple[tuple[Part, Callable[[Record], object]], ...] = (
        (Part.YEAR, lambda r: r[1].year),
        (Part.MONTH, lambda r: r[1].strftime("%Y-%m").zfill(7)),
        (Part.MONTH_OF_YEAR, lambda r: r[1].strftime("%B")),
        (Part.WEEKDAY, lambda r: r[1].strftime("%A")),
    )
    for part, key in keys:
        result = compute(Plan((Measure(How.COUNT),), (Key("sold_on", part),)), table)
        counts: dict[object, int] = defaultdict(int)
        for record in records:
            counts[key(record)] += 1
        assert figures(result) == counts


def test_a_column_that_is_called_like_its_part_is_named_once() -> None:
    names = [str(Key("date", Part.MONTH)), str(Key("Month", Part.MONTH)), str(Key("month", Part.YEAR)), str(Key("g"))]
    assert names == ["month of date", "Month", "year of month", "g"]
    assert str(Condition("year", ">", (2019,), Part.YEAR)) == "year > 2019"


def test_sums_of_very_different_sizes_lose_nothing() -> None:
    table = read_table("n|x\n1e28|a\n0.0000000000000000000001|b\n-1e28|c\n")
    assert compute(Plan((Measure(How.SUM, "n"),)), table).overall.figures[0] == Decimal("1E-22")


def test_conditions_choose_rows() -> None:
    table = read_table("g,n\na,1\nb,2\nb,3\nc,4\n,5\n")
    count = (Measure(How.SUM, "n"),)
    for condition, expected in (
        (Condition("g", "=", ("a", "b")), 6),
        (Condition("g", "!=", ("b",)), 5),
        (Condition("n", ">", (Decimal(2),)), 12),
        (Condition("n", "between", (Decimal(2), Decimal(4))), 9),
    ):
        assert compute(Plan(count, (), (condition,)), table).overall.figures[0] == expected


def test_equal_figures_share_the_first_place() -> None:
    table = read_table("g,n\na,5\nb,5\nc,1\n")
    result = compute(Plan((Measure(How.SUM, "n"),), (Key("g"),), rank=Rank(descending=True, limit=1)), table)
    assert {group.key[0] for group in result.picked} == {"a", "b"}


def test_shares_are_parts_of_the_whole() -> None:
    table = read_table("g,n\na,1\nb,3\n")
    result = compute(Plan((Measure(How.SUM, "n"),), (Key("g"),), share=True), table)
    assert {g.key[0]: g.share for g in result.groups} == {"a": Decimal(25), "b": Decimal(75)}


def test_months_by_name_stand_in_calendar_order() -> None:
    table = read_table("month,n\nMar,1\nJan,2\nFeb,3\n")
    result = compute(Plan((Measure(How.SUM, "n"),), (Key("month"),)), table)
    assert [g.key[0] for g in result.groups] == ["Jan", "Feb", "Mar"]


def test_missing_group_keys_are_a_group_of_their_own() -> None:
    answer = answer_question("total n by g", read_table("g,n\na,1\n,2\nb,4\n"))
    assert isinstance(answer, Answer)
    assert "(missing)" in answer.text


@pytest.mark.parametrize(
    "expected",
    [
        "4 rows, 4 columns",
        "| amount | whole number | 4 | 0 | 1 to 10 |",
        "| amount | 20 | 5.00 | 4.5 | 1 | 10 |",
        "| North | 4 | 2 |",
        "| 2019 | 16 | 2 |",
    ],
)
def test_description_has_types_totals_and_groupings(expected: str) -> None:
    rows = "x7,2019-01-01,South,10\nx8,2019-01-02,South,6\nx9,2020-01-03,North,3\nxa,2020-01-04,North,1\n"
    assert expected in describe(read_table("id,day,region,amount\n" + rows))
