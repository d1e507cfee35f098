"""How long is waited for a source that does not answer."""

from datetime import UTC, datetime

import pytest

from pgswarm.actions.intake.patience import pause_s
from pgswarm.actions.outside.web.fetch import retry_after_s


def test_pauses_grow_and_end_and_what_is_asked_for_is_kept() -> None:
    assert [pause_s(tries, None) for tries in range(1, 6)] == [2, 6, 18, 54, None]
    assert pause_s(1, 30) == 30
    assert pause_s(3, 1) == 18
    assert pause_s(1, 7_200) is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120), (" 7 ", 7), ("Thu, 01 Jan 2026 00:01:00 GMT", 60), ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        (None, None), ("", None), ("soon", None), ("-1", None), ("²", None), ("9" * 400, 999_999_999),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(said: str | None, seconds: float | None) -> None:
    assert retry_after_s(said, datetime(2026, 1, 1, tzinfo=UTC)) == seconds
