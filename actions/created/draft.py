"""What a model writes when it makes an action: a draft with tests; what of it is wrong as it stands; its content. Pure.

Rule: schemas are made here of plain lists of fields, so that a model cannot get them wrong; code that was left out is
no code; a draft without a test is none.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from pgswarm.actions.code.talk import MAX_CODE, plain, problem_of
from pgswarm.actions.created.library import Content
from pgswarm.actions.sandbox.packages import requirements
from pgswarm.actions.sandbox.types import SandboxError
from pgswarm.actions.spaces.utils import Util, used_by
from pgswarm.actions.swarm.ask_first import Decision

MAX_CASES: Final = 10
MAX_FIELDS: Final = 30
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TYPES: Final[dict[str, dict[str, Any]]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "list of text": {"type": "array", "items": {"type": "string"}},
    "list of number": {"type": "array", "items": {"type": "number"}},
}


class Slot(BaseModel):
    """One thing that the action takes or gives."""

    name: str
    type: Literal["text", "integer", "number", "boolean", "list of text", "list of number"]
    description: str
    required: bool


class TextFile(BaseModel):
    """A text file that lies in the workspace when a test begins."""

    name: str
    content: str


class Case(BaseModel):
    """One test: one run of one handler, and what must come of it.

    `args` and `state` are JSON objects as text ("" for none), `reports` the texts of children that succeeded.
    `output`, JSON as text, is compared where it is not "".
    """

    name: str
    handler: str
    directive: str
    args: str
    state: str
    reports: list[str]
    answers: list[str]
    files: list[TextFile]
    expect: Literal["finish", "fail", "ask", "spawn", "continue", "sleep"]
    report_contains: list[str]
    output: str


class Draft(Decision):
    """An action as it was written; `questions` come first, if any."""

    name: str
    description: str
    language: Literal["python", "shell"]
    inputs: list[Slot]
    outputs: list[Slot]
    dependencies: list[str]
    code: str
    tests: list[Case] = Field(description="at least one that ends in finish")


def content_of(draft: Draft, utils: Sequence[Util] = ()) -> Content:
    """Return what the action is made of; of `utils` what its code imports, as it is now."""
    code = plain(draft.code)
    used = used_by(code, utils) if draft.language == "python" else {}
    needed = {each.strip() for each in draft.dependencies}
    return Content(
        code=code,
        language=draft.language,
        input_schema=schema_of(draft.inputs),
        output_schema=schema_of(draft.outputs) if draft.outputs else {},
        dependencies=sorted(needed.union(*(util.dependencies for util in used.values()))),
        utils={name: {"code": util.code, "of": util.called} for name, util in used.items()},
    )


def schema_of(slots: list[Slot]) -> dict[str, Any]:
    """Return the JSON schema of an object with these fields."""
    return {
        "type": "object",
        "properties": {slot.name: {**_TYPES[slot.type], "description": slot.description.strip()} for slot in slots},
        "required": [slot.name for slot in slots if slot.required],
        "additionalProperties": False,
    }


def problem_with(draft: Draft) -> str:
    """Return what is wrong with a draft as it stands, in a sentence for its writer; "" where nothing is."""
    if not _NAME.fullmatch(draft.name):
        return f"`name` is {draft.name[:60]!r}: small letters, digits and _, a letter first, 40 at most."
    if not draft.description.strip() or len(draft.description) > 1_000:  # noqa: PLR2004 - what a router can read
        return "`description` must say in a sentence what the action does, in 1,000 characters at most."
    for title, slots in (("inputs", draft.inputs), ("outputs", draft.outputs)):
        names = [slot.name for slot in slots]
        if len(slots) > MAX_FIELDS or len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names)):
            return f"`{title}` must hold at most {MAX_FIELDS} fields, each with a name of its own in snake_case."
    try:
        requirements(draft.dependencies)
    except SandboxError as error:
        return f"`dependencies`: {error}"
    return _problem_with_code(draft) or _problem_with_tests(draft)


def _problem_with_code(draft: Draft) -> str:
    code = plain(draft.code)
    if draft.language == "python":
        return problem_of(code) or (
            "" if re.search(r"^(async )?def main\(", code, re.MULTILINE) else "The code has no function `main(node)`."
        )
    if not code.strip() or len(code) > MAX_CODE:
        return f"`code` must hold the whole script, {MAX_CODE:,} characters at most."
    return ""


def _problem_with_tests(draft: Draft) -> str:
    if not draft.tests or not any(case.expect == "finish" for case in draft.tests):
        return "`tests` must hold at least one case that ends in finish: what is not tested is not filed."
    if len(draft.tests) > MAX_CASES:
        return f"`tests` holds {len(draft.tests)} cases: {MAX_CASES} at most."
    for number, case in enumerate(draft.tests):
        for title, text, kind in (
            ("args", case.args, dict),
            ("state", case.state, dict),
            ("output", case.output, object),
        ):
            try:
                value = json.loads(text) if text.strip() else {}
            except ValueError:
                return f"`tests[{number}].{title}` is no JSON: {text[:100]!r}."
            if not isinstance(value, kind):
                return f"`tests[{number}].{title}` must be a JSON object."
    return ""
