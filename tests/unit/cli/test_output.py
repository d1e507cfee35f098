"""What is printed to a terminal and to a pipe."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from pgswarm.cli import output


def test_text_of_others_cannot_steer_the_terminal() -> None:
    assert output.safe("a\x1b[31mb\x07\x9bc\x00\td\n") == "a�[31mb��c�\td\n"
    assert output.one_line("two\nlines\r\x1b]0;title\x07") == "two lines��]0;title�"


def test_a_line_is_cut_only_to_a_width() -> None:
    assert output.one_line("abcdef", 4) == "abc…"
    assert output.one_line("abcd", 4) == "abcd"
    assert output.one_line("abcdef") == "abcdef"


def test_piped_tables_are_whole_and_plain(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("A", "LAST"), [("1", "x" * 300), ("22", "two\nlines")], ["succeeded", "failed"])
    assert capsys.readouterr().out.splitlines() == ["A   LAST", "1   " + "x" * 300, "22  two lines"]


def test_json_holds_ids_times_and_money(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    output.print_json({"id": UUID(int=1), "at": at, "cost": Decimal("0.25"), "text": "é"})
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert json.loads(said) == {"id": str(UUID(int=1)), "at": "2026-01-02T03:04:05+00:00", "cost": 0.25, "text": "é"}


@pytest.mark.parametrize(
    ("amount", "shown"), [(0, "$0"), (None, "$0"), (Decimal("1.50"), "$1.5"), (0.00012, "$0.0001")]
)
def test_money_is_written_as_people_write_it(amount: Decimal | None, shown: str) -> None:
    assert output.money(amount) == shown
