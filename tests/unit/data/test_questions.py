"""Questions in many wordings over tables of several kinds, and what must be understood by each."""

from decimal import Decimal

import pytest

from pgswarm.actions.data import (
    Answer,
    NeedsClarification,
    Plan,
    Table,
    answer_question,
    compute,
    plan_question,
    read_table,
    with_choice,
)
from pgswarm.actions.data.figures.plan import How, Part

WEATHER = read_table(
    "date,precipitation,temp_max,temp_min,wind,weather\n"
    "2012-01-01,0.0,12.8,5.0,4.7,drizzle\n2012-01-02,10.9,10.6,2.8,4.5,rain\n2012-02-03,0.8,11.7,7.2,2.3,rain\n"
    "2013-02-04,20.3,12.2,5.6,4.7,snow\n2013-07-05,0.0,30.1,12.2,3.2,sun\n2013-07-06,1.3,28.9,11.1,2.2,fog\n",
    "seattle-weather.csv",
)
SALES = read_table(
    "Order ID,Order Date,Region,Product Name,Category,Units Sold,Unit Price,Total Revenue\n"
    "1001,01/25/2018,North,Desk Lamp,Office,3,$5.00,$15.00\n1002,02/25/2018,South,Chair,Home,1,$70.50,$70.50\n"
    "1003,01/25/2019,North,Chair,Home,2,$70.00,$140.00\n1004,03/25/2019,West,Monitor,Office,1,$99.00,$99.00\n"
    "1005,03/26/2019,East,Desk Lamp,Office,50,$4.00,$200.00\n",
    "sales.csv",
)
FLIGHTS = read_table(
    "carrier,origin,dest,dep_delay,arr_delay,distance,passengers\nAA,SEA,JFK,5,1,2400,150\nAA,SEA,BOS,0,-3,2500,120\n"
    "UA,JFK,SEA,22,30,2400,90\nDL,BOS,ORD,7,NA,860,101\nUA,ORD,SEA,3,2,1700,88\n",
    "flights.csv",
)
FILMS = read_table(
    "Title,Year,Genre,Director,IMDB Rating,US Gross,Running Time (min)\nOne,1994,Drama,Ann Lee,8.1,100,142\n"
    "Two,1994,Comedy,Bo Hill,6.5,250,96\nThree,1999,Drama,Bo Hill,7.2,80,121\nFour,2001,Comedy,Ann Lee,5.0,400,88\n",
    "movies.csv",
)
PASSED = read_table(
    "student,subject,score,passed\nAnn,Maths,71,yes\nBob,Maths,40,no\nAnn,History,55,yes\nBob,History,62,yes\n",
    "grades.csv",
)
QUAKES = read_table(
    'time,depth,mag,place,type\n2020-01-02T03:04:05Z,10.5,4.5,"5km S of Nome, Alaska",earthquake\n'
    "2020-01-02T07:04:05Z,33.0,6.1,Tonga,earthquake\n"
    '2020-02-02T07:04:05Z,1.0,2.0,"9km E of Kenai, Alaska",quarry blast\n',
    "earthquakes.csv",
)


def plan(question: str, table: Table) -> Plan:
    found = plan_question(question, table)
    assert not isinstance(found, NeedsClarification), found.message
    return found


def clarification(question: str, table: Table) -> NeedsClarification:
    found = plan_question(question, table)
    assert isinstance(found, NeedsClarification), found.understood
    return found


def answer(question: str, table: Table) -> Answer:
    found = answer_question(question, table)
    assert isinstance(found, Answer), found.message
    return found


def figures(question: str, table: Table) -> dict[object, Decimal]:
    """Return {key: first figure} as a question's plan computes it; the key is None where there are no groups."""
    result = compute(plan(question, table), table)
    groups = result.picked if result.plan.keys else (result.overall,)
    return {
        group.key[0] if group.key else None: group.figures[0]
        for group in groups
        if isinstance(group.figures[0], Decimal)
    }


@pytest.mark.parametrize(
    "question",
    [
        "What is the total precipitation by weather type?",
        "total rainfall per weather",
        "Sum of precipitation for each kind of weather",
        "Add up the rain by weather.",
        "How much rain fell for every weather type?",
        "Calculate, from seattle-weather.csv, the total precipitation grouped by weather.",
        "Break precipitation down by weather",
        "Please work out the overall precipitation across weather types",
        "How does total precipitation vary by weather?",
    ],
)
def test_total_by_group_is_understood_in_many_wordings(question: str) -> None:
    found = plan(question, WEATHER)
    assert [(m.how, m.column) for m in found.measures] == [(How.SUM, "precipitation")]
    assert [k.column for k in found.keys] == ["weather"]
    assert found.conditions == ()
    assert found.rank is None


@pytest.mark.parametrize(
    ("question", "table", "expected"),
    [
        ("which month had the highest rainfall", WEATHER, {"2013-02": Decimal("20.3")}),
        ("What was the wettest month in Seattle?", WEATHER, {"2013-02": Decimal("20.3")}),
        ("which month of the year had the most rain", WEATHER, {"February": Decimal("21.1")}),
        ("how many rainy days were there in 2012", WEATHER, 2),
        ("What was the highest temperature?", WEATHER, Decimal("30.1")),
        ("lowest temperature in July 2013", WEATHER, Decimal("11.1")),
        ("mean temp_max by weather", WEATHER, {"rain": Decimal("11.15")}),
        ("average wind between January 2012 and February 2012", WEATHER, Decimal("3.833333")),
        ("On how many days was precipitation above 1?", WEATHER, 3),
        ("annual precipitation", WEATHER, {2012: Decimal("11.7"), 2013: Decimal("21.6")}),
        ("precipitation since July 2013", WEATHER, Decimal("1.3")),
        ("total precipitation 2012-2013", WEATHER, Decimal("33.3")),
        ("what is the most common weather", WEATHER, {"rain": 2}),
        ("total sales by region", SALES, {"North": Decimal(155), "East": Decimal(200)}),
        ("average price for each product in 2019", SALES, {"Chair": 70, "Monitor": 99, "Desk Lamp": 4}),
        ("which product sold the most units", SALES, {"Desk Lamp": 53}),
        ("the sum of units per category", SALES, {"Office": 54, "Home": 3}),
        ("top 2 products by revenue", SALES, {"Desk Lamp": 215, "Chair": Decimal("210.50")}),
        ("how many orders per region", SALES, {"North": 2, "South": 1}),
        ("how many units of Desk Lamp were sold in the North?", SALES, 3),
        ("revenue by region excluding North", SALES, {"South": Decimal("70.50"), "West": 99, "East": 200}),
        ("which products sold more than 50 units", SALES, {"Desk Lamp": 53}),
        ("how many different products are there", SALES, 3),
        ("best-selling product", SALES, {"Desk Lamp": 215}),
        ("sales by quarter", SALES, {"2018-Q1": Decimal("85.50"), "2019-Q1": 439}),
        ("Compare revenue of Chair and Monitor", SALES, {"Chair": Decimal("210.50"), "Monitor": 99}),
        ("how many flights per carrier", FLIGHTS, {"AA": 2, "UA": 2, "DL": 1}),
        ("which carrier had the most passengers", FLIGHTS, {"AA": 270}),
        ("how many passengers flew from SEA", FLIGHTS, 270),
        ("number of flights to SEA", FLIGHTS, 2),
        ("which airport of origin is the busiest", FLIGHTS, {"SEA": 2}),
        ("median departure delay", FLIGHTS, 5),
        ("flights with a distance of at least 2400", FLIGHTS, 3),
        ("Which film has the highest rating?", FILMS, {"One": Decimal("8.1")}),
        ("the longest movie", FILMS, {"One": 142}),
        ("how many dramas did Bo Hill direct", FILMS, 1),
        ("Which genre grossed the most since 1999?", FILMS, {"Comedy": 400}),
        ("Rank genres by average rating", FILMS, {"Drama": Decimal("7.65"), "Comedy": Decimal("5.75")}),
        ("how many films were released each year", FILMS, {1994: 2, 1999: 1, 2001: 1}),
        ("Which student has the best average score?", PASSED, {"Ann": 63}),
        ("how many passed", PASSED, 3),
        ("average depth in Alaska", QUAKES, Decimal("5.75")),
        ("How many earthquakes had a magnitude of 4.5 or more?", QUAKES, 2),
        ("daily number of quarry blasts", QUAKES, {}),
    ],
)
def test_questions_give_the_right_figures(
    question: str, table: Table, expected: dict[object, object] | Decimal | int
) -> None:
    got = figures(question, table)
    wanted = expected if isinstance(expected, dict) else {None: expected}
    assert {key: round(got[key], 6) for key in wanted} == wanted
    assert isinstance(expected, dict) or set(got) == {None}


@pytest.mark.parametrize(
    ("question", "table", "line"),
    [
        ("What share of days were rainy?", WEATHER, "33.3% of rows"),
        ("share of revenue by region", SALES, "East 38.1% ($200.00)"),
        ("what percentage passed in Maths", PASSED, "50.0% of rows"),
        ("What share of students passed by subject", PASSED, "History 100.0% (2)"),
        ("what fraction of flights are operated by UA", FLIGHTS, "40.0% of rows"),
    ],
)
def test_shares_are_of_the_whole_that_is_meant(question: str, table: Table, line: str) -> None:
    assert line in answer(question, table).line


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("precipitation by year and weather", [("date", Part.YEAR), ("weather", None)]),
        ("rain per weather per month", [("weather", None), ("date", Part.MONTH)]),
        ("average wind by weekday", [("date", Part.WEEKDAY)]),
        ("average wind for each day of the week", [("date", Part.WEEKDAY)]),
        ("monthly rain", [("date", Part.MONTH)]),
    ],
)
def test_keys_may_be_two_and_parts_of_a_date(question: str, parts: list[tuple[str, Part | None]]) -> None:
    assert [(k.column, k.part) for k in plan(question, WEATHER).keys] == parts


def test_month_in_a_table_of_years_has_both_readings() -> None:
    found = plan("total precipitation by month", WEATHER)
    assert found.keys[0].part is Part.MONTH
    assert found.also is not None
    assert found.also.keys[0].part is Part.MONTH_OF_YEAR
    assert "February 21.1" in answer("total precipitation by month", WEATHER).text


def test_follow_up_asks_for_the_top_of_the_same_grouping() -> None:
    found = answer("What is the total revenue by region, and which is the highest?", SALES)
    assert len(found.plans) == 2
    assert "East has the highest Total Revenue by Region: $200.00." in found.line


def test_sentences_that_ask_nothing_are_passed_over() -> None:
    text = "Use the attached file. It is about sales. How many orders came from the North?"
    assert answer(text, SALES).plans[0].measures[0].how is How.COUNT


def test_columns_that_fit_alike_are_all_given() -> None:
    found = plan("average delay by carrier", FLIGHTS)
    assert [m.column for m in found.measures] == ["dep_delay", "arr_delay"]


@pytest.mark.parametrize(
    ("question", "table", "word", "choices"),
    [
        ("average salary by weather", WEATHER, "salary", ("precipitation", "temp_max", "temp_min", "wind")),
        ("total precipitation by planet", WEATHER, "planet", ()),
        ("total by region", SALES, "total", ("Units Sold", "Unit Price", "Total Revenue")),
        ("which carrier has the highest delay", FLIGHTS, "delay", ("dep_delay", "arr_delay")),
        ("how many passengers at SEA", FLIGHTS, "SEA", ("origin", "dest")),
        ("which film is the most reliable", FILMS, "reliable", ("IMDB Rating", "US Gross", "Running Time (min)")),
    ],
)
def test_what_cannot_be_told_is_asked_with_the_columns(
    question: str, table: Table, word: str, choices: tuple[str, ...]
) -> None:
    found = plan_question(question, table)
    assert isinstance(found, NeedsClarification)
    assert word in found.message
    assert table.columns[0].name in found.message
    assert found.choices == choices


def test_chosen_column_makes_the_question_clear() -> None:
    for question, column in (("total by region", "Units Sold"), ("which carrier has the highest delay", "arr_delay")):
        table = SALES if column == "Units Sold" else FLIGHTS
        unclear = clarification(question, table)
        assert plan(with_choice(question, unclear, column), table).measures[0].column == column
    unclear = clarification("how many passengers at SEA", FLIGHTS)
    assert plan(with_choice("how many passengers at SEA", unclear, "dest"), FLIGHTS).conditions[0].column == "dest"


def test_figures_that_are_not_computed_are_refused() -> None:
    found = plan_question("What is the correlation between wind and rain?", WEATHER)
    assert isinstance(found, NeedsClarification)
    assert "correlation" in found.message


def test_names_that_no_cell_holds_are_said() -> None:
    line = answer("total revenue in Atlantis", SALES).line
    assert "Atlantis: in no column and no cell" in line


def test_identifiers_are_never_added_up() -> None:
    assert plan("what percentage of orders came from the West", SALES).measures[0].column is None


def test_highest_value_is_found_in_its_row() -> None:
    assert "Order Date 2019-03-26" in answer("highest revenue", SALES).line


def test_question_about_nothing_in_the_table_is_not_answered() -> None:
    assert isinstance(plan_question("   ", SALES), NeedsClarification)
