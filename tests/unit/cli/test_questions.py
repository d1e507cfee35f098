"""How a question is put."""

from typing import Any

import pytest

from pgswarm.cli.run.questions import question_lines

PUT: dict[str, tuple[dict[str, Any], list[str]]] = {
    "text": ({}, ["Which?"]),
    "choices": ({"choices": ["red", 2]}, ["Which?", "  1. red", "  2. 2", "  (one of these, or its number)"]),
    "whole number": ({"schema": {"type": "integer"}}, ["Which?", "  (a whole number)"]),
    "yes or no": (
        {"schema": {"type": "boolean"}, "default_answer": True},
        ["Which?", "  (yes or no; Enter for true)"],
    ),
    "values": ({"schema": {"enum": ["a", "b"]}}, ["Which?", "  (one of a, b)"]),
    "object": (
        {"schema": {"type": "object", "properties": {"city": {}, "year": {}}}},
        ["Which?", "  (a JSON object with city, year)"],
    ),
    "several types": ({"schema": {"type": ["integer", "null"]}}, ["Which?", "  (a whole number or null)"]),
    "default": ({"default_answer": "the board"}, ["Which?", "  (Enter for the board)"]),
    "steering": ({"prompt": "a\x1b[2Jb"}, ["a\ufffd[2Jb"]),
}


@pytest.mark.parametrize(("given", "lines"), PUT.values(), ids=PUT.keys())
def test_a_question_says_what_answer_it_takes(given: dict[str, Any], lines: list[str]) -> None:
    assert question_lines({"prompt": "Which?"} | given) == lines
