"""The `pgswarm` command in this process: much quicker than one of its own, and the same code behind `main`."""

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from pgswarm.cli.exits import CommandError
from pgswarm.cli.failures import describe
from pgswarm.cli.main import app


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, or with which error it ended."""

    out: str
    error: CommandError | None

    @property
    def lines(self) -> list[Any]:
        """The JSON of each line."""
        return [json.loads(line) for line in self.out.splitlines()]


def pgswarm(*words: str, typed: str | None = None, **environment: str) -> Said:
    """Run `pgswarm WORDS`; raise what is a fault of its own."""
    ended = CliRunner().invoke(app, list(words), input=typed, env=environment)
    if ended.exception is None or isinstance(ended.exception, SystemExit):
        assert ended.exit_code == 0, ended.output
        return Said(ended.stdout, None)
    told = describe(ended.exception)
    if told is None:
        raise ended.exception
    return Said(ended.stdout, told)
