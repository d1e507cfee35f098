"""The help of every command: examples stand on lines of their own, and no sign of the formatting is left."""

from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pgswarm.cli.main import app

WIDTH = 80


def commands(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *path, name)


ROOT: Any = typer.main.get_command(app)
PATHS = list(commands(ROOT))


def help_of(path: tuple[str, ...]) -> str:
    shown = CliRunner().invoke(app, [*path, "--help"], terminal_width=WIDTH)
    assert shown.exit_code == 0
    return shown.output


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_shows_no_sign_of_its_formatting(path: tuple[str, ...]) -> None:
    text = help_of(path)
    assert "\\b" not in text
    assert "\b" not in text
    assert "``" not in text


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_each_example_stands_on_a_line_of_its_own(path: tuple[str, ...]) -> None:
    shown = {line.strip() for line in help_of(path).splitlines()}
    command = reduce(lambda group, name: group.commands[name], path, ROOT)
    _, *kept = (command.help or "").split("\b\n")
    for paragraph in kept:
        assert {line.strip() for line in paragraph.partition("\n\n")[0].splitlines()} <= shown


def test_every_command_has_examples() -> None:
    assert [path for path in PATHS if "Example" not in help_of(path)] == []
