"""A recording: JSON lines, each an answer and what a request must hold to get it.

    {"task": "route", "match": {"directive": "boil down"}, "response": {"action": "text/summarise", "args": {}}}

- `task`: the prompt's task, exactly. `match`: a part of the prompt's data (absent or null: any data); text matches
  where it is contained, in any case of letters; an object where each of its keys matches; a list where each of its
  elements matches some element; all else where it is equal. `exact` instead: the whole data, equal.
- `round`: 0 (when absent) for the first request, 1 and 2 for the repairs that follow an answer off schema.
- `response`: a JSON value, or text that is sent as it is. `status`: an HTTP error with `response` as its message.
  `delay_s`: seconds before it is sent. `usage`: {"input_tokens", "output_tokens"}, 0 when absent.
- `times`: how often one and the same request gets this line before the next one is looked for; only for errors and
  delays.

Rule: the first line that matches is taken, by the content of the request alone. Nothing counts across requests, so
several processes replay one file at once, in any order, and a crash does not shift the replay. That is why an answer
cannot run out (`times`): tell rounds apart by what their data holds.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pgswarm.actions.models.errors import scrub
from pgswarm.actions.models.inside import Asked

_MAX_FILE_BYTES = 64 * 1024 * 1024


class RecordingError(Exception):
    """The recording cannot be read; the message names the file, the line, and what to do."""


class Usage(BaseModel):
    """The tokens that a replayed answer counts for."""

    model_config = ConfigDict(extra="forbid")

    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)


class RecordedLine(BaseModel):
    """One line of a recording."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    task: str = Field(min_length=1)
    match: dict[str, Any] | None = None
    exact: dict[str, Any] | None = None
    round_no: int = Field(default=0, ge=0, alias="round")
    response: Any = ""
    status: int = Field(default=200, ge=200, le=599)
    delay_s: float = Field(default=0, ge=0, le=3600)
    times: int | None = Field(default=None, ge=1)
    usage: Usage = Usage()

    @model_validator(mode="after")
    def _only_errors_run_out(self) -> Self:
        if self.times is not None and not self.fails and not self.delay_s:
            raise ValueError("times: only for a line with an error status or a delay_s; an answer cannot run out")
        if self.match is not None and self.exact is not None:
            raise ValueError("match and exact: give one of them")
        return self

    @property
    def fails(self) -> bool:
        """Whether this line is an HTTP error."""
        return self.status >= HTTPStatus.BAD_REQUEST

    @property
    def text(self) -> str:
        """What the model says, or the error's message."""
        return self.response if isinstance(self.response, str) else json.dumps(self.response, ensure_ascii=False)

    def fits(self, asked: Asked) -> bool:
        """Whether this line answers the request."""
        if self.task != asked.task or self.round_no != asked.round_no:
            return False
        if self.exact is not None:
            return self.exact == asked.data
        return holds(asked.data, self.match or {})


def holds(whole: Any, part: Any) -> bool:
    """Whether `whole` holds `part`, as the module's text says."""
    if isinstance(part, str) and isinstance(whole, str):
        return part.casefold() in whole.casefold()
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and holds(whole[key], value) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(holds(item, value) for item in whole) for value in part)
    return type(part) is type(whole) and bool(part == whole)


def read_recording(path: Path) -> Sequence[RecordedLine]:
    """Return the lines of a recording; blank lines and lines that begin with # are skipped."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise RecordingError(f"the recording {path} is larger than {_MAX_FILE_BYTES} bytes: split it")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RecordingError(
            f"the recording {path} cannot be read ({error.strerror}): give recorded:FILE a file that every processor "
            "can read"
        ) from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"the recording {path} is not UTF-8 text: give a file of JSON lines") from error
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                lines.append(RecordedLine.model_validate_json(line))
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False, include_context=False)[0]
                where = ".".join(map(str, first["loc"])) or "the line"
                raise RecordingError(
                    f"the recording {path} has a mistake in line {number}: {where}: {scrub(first['msg'])}"
                ) from None
    return lines
