"""Every way in which a CSV file may be odd, and what is said where it cannot be read."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from pgswarm.actions.data import Kind, TableError, read_table
from pgswarm.actions.data.tables import reader
from pgswarm.actions.data.tables.values import Value


def cells(text: str, column: int = 0) -> list[Value | None]:
    return list(read_table(text).columns[column].values)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter: str) -> None:
    table = read_table(delimiter.join(("a", "b", "c")) + "\n" + delimiter.join(("x", "1", "2")) + "\n")
    assert [c.name for c in table.columns] == ["a", "b", "c"]
    assert table.columns[2].values == [Decimal(2)]


def test_sep_line_names_the_delimiter() -> None:
    assert [c.name for c in read_table("sep=;\na;b\n1;2\n").columns] == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_give_the_same_table(encoding: str) -> None:
    table = read_table("ville,café\nOrléans,3\nTours,4\n".encode(encoding))
    assert [c.name for c in table.columns] == ["ville", "café"]
    assert table.columns[0].values == ["Orléans", "Tours"]


def test_cp1252_is_said() -> None:
    assert any("cp1252" in note for note in read_table("café,n\nx,1\n".encode("cp1252")).notes)


def test_quoted_cells_hold_delimiters_newlines_and_quotes() -> None:
    assert cells('name,n\n"Smith, ""Jo""\nsecond line",1\nLee,2\n') == ['Smith, "Jo"\nsecond line', "Lee"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_are_all_read(ending: str) -> None:
    assert cells(ending.join(["a,b", "1,2", "3,4"])) == [Decimal(1), Decimal(3)]


def test_ragged_rows_are_reported_with_their_lines() -> None:
    table = read_table("a,b,c\n1,2,3\n4,5\n6,7,8,9\n1,1,1\n2,2,2\n")
    assert table.rows == 5
    assert table.columns[2].values[1] is None
    notes = " ".join(table.notes)
    assert "line 3" in notes
    assert "line 4" in notes


def test_file_without_header_gets_column_names() -> None:
    table = read_table("North,10\nSouth,20\n")
    assert [c.name for c in table.columns] == ["column_1", "column_2"]
    assert table.rows == 2


def test_text_table_has_a_header() -> None:
    table = read_table("name,city\nAnn,Rome\nBob,Oslo\nCy,Rome\n")
    assert [c.name for c in table.columns] == ["name", "city"]
    assert table.rows == 3


def test_years_may_be_column_names() -> None:
    assert [c.name for c in read_table("country,2018,2019\nFrance,1,2\nSpain,3,4\n").columns][1:] == ["2018", "2019"]


def test_duplicate_and_empty_column_names_are_made_distinct() -> None:
    table = read_table("a,a,,b\n1,2,3,4\n")
    assert [c.name for c in table.columns] == ["a", "a_2", "column_3", "b"]
    assert len(table.notes) == 2


def test_trailing_delimiter_makes_no_column() -> None:
    assert [c.name for c in read_table("a,b,\n1,2,\n3,4,\n").columns] == ["a", "b"]


def test_title_and_comment_lines_before_the_table_are_skipped() -> None:
    table = read_table("Sales of 2019\n# made by hand\nregion,amount\nNorth,1\nSouth,2\nEast,3\n")
    assert [c.name for c in table.columns] == ["region", "amount"]
    assert "1, 2" in table.notes[0]


def test_row_of_totals_is_left_out() -> None:
    table = read_table("region,amount\nNorth,1\nSouth,2\nTotal,3\n")
    assert table.rows == 2
    assert "line 4" in table.notes[0]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1,234.50", "1234.50"),
        ("$1,234.50", "1234.50"),
        ("-$5", "-5"),
        ("($5.25)", "-5.25"),
        ("12%", "12"),
        ("1 234 567", "1234567"),
        ("1'234.5", "1234.5"),
        ("1e3", "1000"),
        ("+.5", "0.5"),
        ("\u22123", "-3"),
        ("EUR 7", "7"),
        ("7 €", "7"),
        ("12 kg", "12"),
        ("1,234,567", "1234567"),
    ],
)
def test_numbers_are_read_as_written(written: str, number: str) -> None:
    assert cells(f'n|x\n"{written}"|a\n') == [Decimal(number)]


@pytest.mark.parametrize("text", ["007", "1.2.3.4", "12-34", "1,23,4", "3A4", "10:30", "1.234,5.6"])
def test_codes_are_not_numbers(text: str) -> None:
    assert read_table(f"n|x\n{text}|a\n").columns[0].kind is not Kind.NUMBER
    assert cells(f"n|x\n{text}|a\n") == [text]


def test_decimal_comma_is_decided_by_the_cells_without_doubt() -> None:
    assert cells("n;x\n1,234;a\n12,5;b\n1.234,75;c\n") == [Decimal("1.234"), Decimal("12.5"), Decimal("1234.75")]


def test_decimal_comma_of_one_column_decides_for_the_table() -> None:
    table = read_table("a;b\n1,234;0,5\n2,345;1,25\n")
    assert table.columns[0].values == [Decimal("1.234"), Decimal("2.345")]


def test_thousands_are_assumed_and_said_where_nothing_decides() -> None:
    table = read_table("a;b\n1,234;x\n2,345;y\n")
    assert table.columns[0].values == [Decimal(1234), Decimal(2345)]
    assert any("thousands" in note for note in table.notes)


def test_mixed_currencies_are_not_added_up() -> None:
    table = read_table("price,x\n$1,a\n€2,b\n")
    assert table.columns[0].kind is Kind.TEXT
    assert any("mixes" in note for note in table.notes)


@pytest.mark.parametrize("missing", ["", "NA", "n/a", "null", "None", "-", "nan", "?"])
def test_missing_numbers_are_missing_not_zero(missing: str) -> None:
    assert cells(f"n,x\n1,a\n{missing},b\n3,c\n") == [Decimal(1), None, Decimal(3)]


def test_country_code_na_is_no_missing_value() -> None:
    assert cells("country,n\nNA,1\nDE,2\nZA,3\n") == ["NA", "DE", "ZA"]
    assert cells("name,n\nNA,1\nGermany,2\n") == [None, "Germany"]


def test_few_misfits_are_left_out_and_said() -> None:
    rows = "\n".join(map(str, range(1, 21)))
    table = read_table(f"n\n{rows}\nabout 7\n")
    assert table.columns[0].kind is Kind.INTEGER
    assert table.columns[0].invalid == 1
    assert "about 7" in table.notes[0]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2019-03-05", date(2019, 3, 5)),
        ("2019/3/5", date(2019, 3, 5)),
        ("05.03.2019", date(2019, 3, 5)),
        ("5 Mar 2019", date(2019, 3, 5)),
        ("5-Mar-19", date(2019, 3, 5)),
        ("March 5, 2019", date(2019, 3, 5)),
        ("Tue, 5 March 2019", date(2019, 3, 5)),
        ("Mar 2019", date(2019, 3, 1)),
        ("2019-03", date(2019, 3, 1)),
        ("2019-03-05T14:30:00Z", datetime(2019, 3, 5, 14, 30)),  # noqa: DTZ001 (as written)
        ("3/5/2019 2:30 PM", datetime(2019, 3, 5, 14, 30)),  # noqa: DTZ001 (as written)
    ],
)
def test_dates_are_read_in_their_common_forms(written: str, day: date) -> None:
    assert cells(f"when|n\n{written}|1\n") == [day]


def test_day_order_is_decided_by_the_cells_without_doubt() -> None:
    assert cells("d,n\n5/4/2019,1\n25/4/2019,2\n") == [date(2019, 4, 5), date(2019, 4, 25)]
    assert cells("d,n\n5/4/2019,1\n4/25/2019,2\n") == [date(2019, 5, 4), date(2019, 4, 25)]


def test_open_day_order_is_said() -> None:
    assert any("month/day/year" in note for note in read_table("d,n\n5/4/2019,1\n6/4/2019,2\n").notes)


def test_compact_dates_need_a_column_name_that_says_so() -> None:
    assert cells("date,n\n20190305,1\n") == [date(2019, 3, 5)]
    assert cells("amount,n\n20190305,1\n") == [Decimal(20190305)]


def test_impossible_date_is_text() -> None:
    assert cells("d,n\n2019-02-30,1\n") == ["2019-02-30"]


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "empty_file", "empty"),
        (b"  \n \n", "empty_file", "empty"),
        (b"PK\x03\x04" + bytes(40), "binary_file", "Excel"),
        (bytes(range(256)) * 4, "binary_file", "binary"),
        (b"%PDF-1.7\nx", "binary_file", "PDF"),
        (b'{"a": 1,\n "b": 2,\n "c": 3}', "not_a_table", "CSV"),
        (
            b"A long text. It has commas, but\nno columns.\n\nIt goes on like this, and so on, for long.\n",
            "not_a_table",
            "CSV",
        ),
        (b'a,b\n1,2\n"open,3\n4,5\n', "bad_quotes", "line 3"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, code: str, says: str) -> None:
    with pytest.raises(TableError) as error:
        read_table(content, "x.csv")
    assert error.value.code == code
    assert says in str(error.value)


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_CELLS", 10)
    with pytest.raises(TableError, match="more than 10 cells"):
        read_table("a,b\n" + "1,2\n" * 10)


def test_header_alone_is_a_table_without_rows() -> None:
    table = read_table("a,b\n")
    assert table.rows == 0
    assert [c.name for c in table.columns] == ["a", "b"]
