"""What `pgswarm run` was asked for, checked as far as it can be without a database.

Rule: two commands that ask for the same have the same key, whatever order or spelling; that is how a command that was
killed finds its swarm again.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgswarm.cli.approve import check_approve, check_create
from pgswarm.cli.budget import parse_budget
from pgswarm.cli.exits import BadInputError
from pgswarm.cli.run.files import Attachment, read_files

LONGEST_GOAL = 100_000  # bytes, as `start_swarm` has it
LONGEST_MODEL = 300
LONGEST_BLUEPRINT = 100
RECORDED = "recorded:"
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Request:
    """A swarm to start, or to find again."""

    goal: str
    action: str
    args: Mapping[str, Any]
    files: tuple[Attachment, ...]
    options: Mapping[str, Any]

    @property
    def model(self) -> str | None:
        """The model that was named, if one was."""
        model: str | None = self.options.get("model")
        return model

    @property
    def key(self) -> str:
        """A hash of everything that was asked for."""
        files = sorted((file.name, file.kind, file.digest) for file in self.files)
        asked = [self.goal, self.action, self.args, self.options, files]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def make_request(
    goal: str,
    *,
    action: str,
    args: str = "{}",
    files: Sequence[str] = (),
    model: str | None = None,
    budget: str | None = None,
    approve: str | None = None,
    create: str | None = None,
    blueprint: str | None = None,
    memo: bool = False,
) -> Request:
    """Return the request; raise `BadInputError` naming the argument that is wrong and what to do about it."""
    options: dict[str, Any] = {}
    if budget is not None:
        limits = parse_budget(budget)
        if not limits:
            raise BadInputError("--budget is empty", "Write it as nodes=300,tokens=50000, or leave it out.")
        options["budget"] = limits
    if model is not None:
        options["model"] = _model(model)
    if approve is not None:
        options["approve"] = check_approve("--approve", approve)
    if create is not None:
        options["create"] = check_create("--create", create)
    if blueprint is not None:
        name = _text("--blueprint", blueprint).strip()
        if not name or len(name) > LONGEST_BLUEPRINT:
            raise BadInputError("--blueprint is no name of a blueprint", "Give its name, or the id of a version.")
        options["blueprint"] = name
    if memo:
        options["memo"] = True
    return Request(_goal(goal), _text("--action", action), _args(args), read_files(files), options)


def _goal(goal: str) -> str:
    text = _text("GOAL", goal)
    size = len(text.encode())
    if not text.strip():
        raise BadInputError("GOAL is empty", "Say what is to be done.")
    if size > LONGEST_GOAL:
        raise BadInputError(
            f"GOAL is {size:,} bytes long, the limit is {LONGEST_GOAL:,}",
            "Say it in short and give the text as --file.",
        )
    return text


def _text(field: str, value: str) -> str:
    """Return text that the database can hold: bytes of the command line that are no UTF-8 come as lone surrogates."""
    found = SURROGATE.search(value)
    if found is not None:
        raise BadInputError(
            f"{field} is not UTF-8 text (at character {found.start() + 1})", "Type it again in a UTF-8 terminal."
        )
    if "\0" in value:
        raise BadInputError(f"{field} contains a NUL character", "Remove it.")
    return value


def _args(text: str) -> dict[str, Any]:
    try:
        value = json.loads(_text("--args", text))
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"--args is not JSON: {error}", """Write it as '{"name": "value"}'.""") from None
    if not isinstance(value, dict):
        raise BadInputError("--args must be a JSON object", """Write it as '{"name": "value"}'.""")
    if not value:
        return {}
    from pgswarm.schema.text import clean_json  # imports psycopg

    clean_json("--args", value)  # JSON's escapes can say what the database cannot hold
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        raise BadInputError("--args holds a number that JSON has not (NaN or Infinity)", "Give a number.") from None
    return value


def _model(model: str) -> str:
    name = _text("--model", model).strip()
    if not name or len(name) > LONGEST_MODEL or not name.isprintable():
        raise BadInputError("--model is not a model's name", "Give one, as in gpt-5.4-mini, or recorded:FILE.")
    if not name.startswith(RECORDED):
        return name
    path = Path(name.removeprefix(RECORDED)).expanduser().absolute()
    if not path.is_file():
        raise BadInputError(f"--model: there is no recording {path}", "Correct the path.")
    return f"{RECORDED}{path}"  # the processors run elsewhere
