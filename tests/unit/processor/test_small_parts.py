"""Backoff, patterns, settings, failpoints, what an answer about an effect means: pure parts."""

import json
import os
import re
import signal
from typing import Any

import pytest

from pgswarm.processor import backoff, failpoints, unclear
from pgswarm.processor.settings import Settings, like


def test_backoff_doubles_up_to_its_bound_and_keeps_half() -> None:
    for tries, whole in ((0, 0.1), (1, 0.1), (2, 0.2), (5, 1.6), (9, 25.6), (10, 30), (10_000, 30)):
        assert whole / 2 <= backoff.delay(tries) <= whole
    assert backoff.delay(50, longest_s=0.1) <= 0.1


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [("code/*", "code/%"), ("a_b", r"a\_b"), ("100%", r"100\%"), ("x\\y", r"x\\y"), ("t?x", "t_x")],
)
def test_patterns_become_those_of_like(pattern: Any, wanted: Any) -> None:
    assert like(pattern) == wanted


def test_no_pattern_is_every_action() -> None:
    assert Settings("x").like_patterns() is None
    assert Settings("x", actions=["a/*", "b"]).like_patterns() == ["a/%", "b"]


@pytest.mark.parametrize(("concurrency", "reserved"), [(1, 0), (2, 1), (10, 1), (64, 6), (100, 10)])
def test_a_tenth_of_the_slots_is_reserved_where_there_is_more_than_one(concurrency: Any, reserved: Any) -> None:
    assert Settings("x", concurrency=concurrency).reserved == reserved


@pytest.mark.parametrize("wrong", [{"concurrency": 0}, {"lease_s": 0.1}, {"grace_s": -1}])
def test_settings_out_of_bounds_are_refused_by_name(wrong: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)).removesuffix("_s")):
        Settings("x", **wrong)


def test_a_failpoint_kills_at_its_nth_hit_and_at_no_other(monkeypatch: Any) -> None:
    killed = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    armed = failpoints.Armed("advance.before:3")
    for point in ("advance.before", "advance.after", "advance.before", "reap.before"):
        armed(point)
    assert killed == []
    armed("advance.before")
    armed("advance.before")
    assert killed == [(os.getpid(), signal.SIGKILL)]


def test_an_unknown_failpoint_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape("'nowhere'")):
        failpoints.Armed("nowhere")


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ("yes", unclear.Settled(happened=True)),
        (" “Yes.” ", unclear.Settled(happened=True)),
        (True, unclear.Settled(happened=True)),
        ("no", unclear.Settled(happened=False)),
        (False, unclear.Settled(happened=False)),
        ({"result": [1]}, unclear.Settled(happened=True, result=[1])),
        ({"result": None}, unclear.Settled(happened=True)),
        ("perhaps", None),
        ({"x": 1}, None),
        (None, None),
        (3, None),
    ],
)
def test_an_answer_about_an_effect_is_yes_no_a_result_or_nothing(answer: Any, meaning: Any) -> None:
    assert unclear.read(answer) == meaning


def test_what_is_kept_while_a_person_is_asked_comes_apart_again() -> None:
    kept = unclear.Unclear("pay", 3, 7, [{"answer": None}])
    state = unclear.keep({"mine": 1}, kept)
    assert unclear.MARK in state
    assert unclear.split(state) == ({"mine": 1}, kept)
    assert unclear.split(json.dumps({"mine": unclear.KEY}).encode()) == ({"mine": unclear.KEY}, None)
