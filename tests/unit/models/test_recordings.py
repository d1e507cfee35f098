import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pgswarm.actions import Prompt
from pgswarm.actions.models.inside import Asked
from pgswarm.actions.models.recorded.lines import RecordedLine, holds, read_recording
from pgswarm.actions.models.recorded.record import Recorder, recorded_line
from pgswarm.actions.models.requests import canonical_request, repair_turns


class Fact(BaseModel):
    city: str


def asked(task: str = "route", round_no: int = 0, **data: Any) -> Asked:
    return Asked("m", task, data, {}, round_no)


@pytest.mark.parametrize(
    ("part", "fits"),
    [
        ({}, True),
        ({"directive": "BOIL down"}, True),
        ({"directive": "boil up"}, False),
        ({"missing": None}, False),
        ({"n": 1}, True),
        ({"n": True}, False),
        ({"n": "1"}, False),
        ({"deep": {"a": [{"b": "y"}]}}, True),
        ({"deep": {"a": [{"b": "w"}]}}, False),
        ({"deep": {"a": []}}, True),
        ({"nothing": None}, True),
    ],
)
def test_line_matches_by_the_part_of_the_data_that_it_names(part: dict[str, Any], fits: object) -> None:
    data = {"directive": "Boil down the text", "n": 1, "deep": {"a": [{"b": "x"}, {"b": "xyz"}]}, "nothing": None}
    assert holds(data, part) is fits


def test_line_is_for_one_task_and_one_round() -> None:
    line = RecordedLine.model_validate({"task": "route", "round": 1, "response": {}})
    assert line.fits(asked(round_no=1))
    assert not line.fits(asked(round_no=0))
    assert not line.fits(asked("plan", round_no=1))


def test_exact_line_fits_nothing_else() -> None:
    line = RecordedLine(task="route", exact={"directive": "sum up"})
    assert line.fits(asked(directive="sum up"))
    assert not line.fits(asked(directive="sum up all"))
    assert not line.fits(asked(directive="sum up", more=1))


def test_what_is_recorded_fits_its_own_request_and_round(tmp_path: Path) -> None:
    prompt = Prompt("route", "Route it.", {"directive": "é", "files": ["a"]})
    first = canonical_request(Fact, prompt, "m")
    second = canonical_request(Fact, prompt, "m", repair_turns(first, "no", "bad"))
    path = tmp_path / "r.jsonl"
    path.write_text("".join(json.dumps(recorded_line(r, t)) + "\n" for r, t in ((first, "no"), (second, '{"a": 1}'))))
    one, two = read_recording(path)
    data = dict(prompt.data)
    assert (one.text, one.fits(asked(**data)), one.fits(asked(round_no=1, **data))) == ("no", True, False)
    assert (two.response, two.fits(asked(round_no=1, **data))) == ({"a": 1}, True)


async def test_recorder_appends_one_line_for_each_reply(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.jsonl")
    request = canonical_request(Fact, Prompt("route", "", {}), "m")
    for text in ('{"city": "Bern"}', '"text"', "line\nbreak"):
        await recorder.add(request, text)
    assert [line.text for line in read_recording(tmp_path / "r.jsonl")] == ['{"city": "Bern"}', '"text"', "line\nbreak"]
