"""How long is waited for a source that does not answer, and what an import does meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pgswarm.actions.intake.items import IntakeError, Item, NotNowError
from pgswarm.actions.intake.patience import pause_s
from pgswarm.actions.memory import take_in
from pgswarm.actions.outcomes import Continue, Finish, Sleep
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


def test_what_does_not_answer_comes_after_the_others_and_its_tries_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = {"down": 0, "later": 0, "busy": 0, "wrong": 0, "fine": 0}

    async def items(node: Any, number: int) -> AsyncIterator[Item]:
        name = node.args.sources[number]
        tries[name] += 1
        if name == "wrong":
            raise IntakeError("no such page")
        if name == "busy":
            raise NotNowError("come back tomorrow", 86_400)
        if name == "down" or (name == "later" and tries[name] < 3):
            raise NotNowError("503", 10 if name == "later" else None)
        yield Item(name, "text", b"x")

    async def bring(*_: Any, **__: Any) -> int:
        return 1

    monkeypatch.delenv("PGSWARM_EMBEDDING_MODEL", raising=False)
    monkeypatch.setattr(take_in, "_items", items)
    args = take_in.ImportArgs(sources=list(tries))
    node = cast("Any", SimpleNamespace(args=args, state={}, memory=SimpleNamespace(bring=bring)))
    done: list[Any] = []
    while not done or not isinstance(done[-1], Finish):
        done.append(asyncio.run(take_in.Import().main(node)))
    assert [one.seconds for one in done if isinstance(one, Sleep)] == [10, 10, 18, 54]
    assert [type(one) for one in done[:5]] == [Continue] * 4 + [Sleep]
    assert tries == {"down": 5, "later": 3, "busy": 1, "wrong": 1, "fine": 1}
    assert done[-1].report == (
        "Imported 2 entries into memory.\n\nCame only when tried again: later (try 3).\n\nLeft out:"
        "\n- wrong: no such page\n- busy: come back tomorrow (tried once)\n- down: 503 (tried 5 times)"
    )
