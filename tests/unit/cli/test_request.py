"""What `run` refuses before it starts anything, and which two commands ask for the same."""

from pathlib import Path
from typing import Any

import pytest

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.run.request import Request, make_request
from pgswarm.cli.run.start import check_args
from pgswarm.schema.errors import InvalidInputError

WRONG: dict[str, tuple[dict[str, str], str]] = {
    "empty goal": ({"goal": " \n"}, "GOAL is empty"),
    "long goal": ({"goal": "é" * 50_001}, "GOAL is 100,002 bytes long"),
    "lone surrogate": ({"goal": "caf\udce9"}, r"GOAL is not UTF-8 text \(at character 4\)"),
    "args not JSON": ({"args": "{width: 1}"}, "--args is not JSON"),
    "args nested too deep": ({"args": "[" * 100_000}, "--args is not JSON"),
    "args no object": ({"args": "[1]"}, "--args must be a JSON object"),
    "args not finite": ({"args": '{"a": NaN}'}, "NaN"),
    "model empty": ({"model": " "}, "--model is not a model's name"),
    "no such recording": ({"model": "recorded:/none/such.jsonl"}, "there is no recording /none/such.jsonl"),
    "budget empty": ({"budget": ","}, "--budget is empty"),
    "budget not a number": ({"budget": "nodes=many"}, "--budget: 'nodes=many' is not a limit"),
}


def request(**given: Any) -> Request:
    return make_request(given.pop("goal", "do it"), action=given.pop("action", "bench/fan_out"), **given)


@pytest.mark.parametrize(("given", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_argument_is_named_with_a_remedy(given: dict[str, str], told: str) -> None:
    with pytest.raises(BadInputError, match=told) as raised:
        request(**given)
    assert raised.value.remedy


@pytest.mark.parametrize("args", ['{"a": "\\u0000"}', '{"\\ud800": 1}', '{"a": [{"b": "\\udfff"}]}'])
def test_arguments_that_no_database_can_hold_are_refused(args: str) -> None:
    with pytest.raises(InvalidInputError, match="--args"):
        request(args=args)


@pytest.mark.parametrize(
    ("args", "told"),
    [('{"width": -1}', "args.width: "), ('{"width": "x"}', "args.width: "), ('{"wide": 1}', "args.wide: ")],
)
def test_arguments_are_held_to_the_whole_schema_of_the_action(args: str, told: str) -> None:
    with pytest.raises(BadInputError, match=told) as raised:
        check_args(request(args=args))
    assert "takes: width, depth, sleep_ms" in raised.value.remedy


def test_equal_commands_have_the_same_key_whatever_the_order(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    files = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    first = request(files=files, args='{"width": 1, "depth": 2}', budget="nodes=3,tokens=4")
    second = request(files=files[::-1], args='{"depth":2,"width":1}', budget="tokens=4, nodes=3")
    assert first.key == second.key


@pytest.mark.parametrize(
    "other",
    [
        {"goal": "do it again"},
        {"action": "bench/noop"},
        {"args": '{"width": 2}'},
        {"model": "m"},
        {"budget": "nodes=3"},
    ],
)
def test_whatever_is_asked_differently_has_another_key(other: dict[str, str]) -> None:
    assert request(**other).key != request().key


def test_a_file_with_other_content_has_another_key(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one")
    before = request(files=[str(file)]).key
    file.write_text("two")
    assert request(files=[str(file)]).key != before
