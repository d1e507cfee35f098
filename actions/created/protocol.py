"""The runner's protocol: what a created action is told on standard input, and what it answers on standard output. Pure.

One run is one activation. The request is one JSON object: `protocol` (1), `action`, `version`, `handler`, `directive`,
`args`, `state`, `reports`, `answers`, `messages`. The answer is one JSON object: `outcome` (finish, fail, ask, spawn,
continue or sleep) with what belongs to it, and `state`. Nothing else goes in or out but the files of the workspace: no
database, no secret, no network.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pgswarm.actions.base import ActionError
from pgswarm.actions.created.library import CreatedAction
from pgswarm.actions.node import CodeRun

PROTOCOL: Final = 1
FOLDER: Final = ".action"
MAX_ANSWER: Final = 150_000
"""Characters of an answer; below what the sandbox keeps of an output."""
MAX_REQUEST: Final = 20_000_000
_RUNNER: Final = Path(__file__).parent / "inside" / "runner.py"
_NAMES: Final = {"python": "action.py", "shell": "action.sh"}


class BadAnswerError(Exception):
    """What an action answered is none; the message says what is wrong with it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewChild(_Part):
    """A child to spawn."""

    action: str = Field(min_length=1, max_length=300)
    directive: str = Field(min_length=1, max_length=100_000)
    args: dict[str, Any] = Field(default_factory=dict)


class NewQuestion(_Part):
    """A question to a person."""

    prompt: str = Field(min_length=1)
    choices: list[Any] | None = None
    answer_schema: dict[str, Any] | None = None


class _Answer(_Part):
    state: dict[str, Any] = Field(default_factory=dict)


class Finished(_Answer):
    """It is done: a report for people, and the output that fits the action's output schema."""

    outcome: Literal["finish"]
    report: str = ""
    output: Any = None


class Failed(_Answer):
    """It could not be done."""

    outcome: Literal["fail"]
    code: str = Field(min_length=1, max_length=100)
    message: str = Field(min_length=1)
    report: str = ""


class Asked(_Answer):
    """It waits for people's answers."""

    outcome: Literal["ask"]
    questions: list[NewQuestion] = Field(min_length=1, max_length=20)
    then: str = "main"


class Spawned(_Answer):
    """It waits for children."""

    outcome: Literal["spawn"]
    children: list[NewChild] = Field(min_length=1, max_length=1_000)
    then: str = "main"


class Continued(_Answer):
    """It goes on, at once or later, in another handler."""

    outcome: Literal["continue", "sleep"]
    seconds: float = Field(default=0, ge=0)
    then: str = "main"


Answer = Finished | Failed | Asked | Spawned | Continued
_ANSWER: Final[TypeAdapter[Answer]] = TypeAdapter(Annotated[Answer, Field(discriminator="outcome")])


def files_of(made: CreatedAction) -> dict[str, bytes]:
    """Return what lies beside a run: the action's code, and for Python the runner that calls it."""
    files = {f"{FOLDER}/{_NAMES[made.content.language]}": made.content.code.encode("utf-8", "replace")}
    if made.content.language == "python":
        files[f"{FOLDER}/runner.py"] = _RUNNER.read_bytes()
    return files


def modules_of(made: CreatedAction) -> dict[str, bytes]:
    """Return what a run can import beside its packages: the functions as they were when the action was approved."""
    return {f"{name.replace('.', '/')}.py": each["code"].encode() for name, each in made.content.utils.items()}


def command(made: CreatedAction, directive: str) -> list[str]:
    """Return the command of a run. A shell script gets the directive as `$1`, and the request like any other.

    `-P`: what lies in the folder of the action, left there by who knows whom, is not imported.
    """
    if made.content.language == "python":
        return ["python", "-B", "-P", f"{FOLDER}/runner.py", f"{FOLDER}/{_NAMES['python']}"]
    return ["sh", f"{FOLDER}/{_NAMES['shell']}", directive.replace("\0", "")[:20_000]]


def request(
    made: CreatedAction,
    *,
    handler: str,
    directive: str,
    args: Mapping[str, Any],
    state: Mapping[str, Any],
    reports: Sequence[Mapping[str, Any]] = (),
    answers: Sequence[Mapping[str, Any]] = (),
    messages: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return what the action is told; raise `ActionError` (`too_large`) where that is too much."""
    told = {
        "protocol": PROTOCOL,
        "action": made.action_id,
        "version": made.version,
        "handler": handler,
        "directive": directive,
        "args": args,
        "state": state,
        "reports": reports,
        "answers": answers,
        "messages": messages,
    }
    text = json.dumps(told, ensure_ascii=True)
    if len(text) > MAX_REQUEST:
        told_size = f"{made.action_id} would be told {len(text):,} characters; {MAX_REQUEST:,} at most."
        raise ActionError("too_large", told_size)
    return text


def read(made: CreatedAction, run: CodeRun) -> Answer:
    """Return what a run answered; raise `BadAnswerError` where it is no answer."""
    if run.reason != "exited":
        raise BadAnswerError(f"It was ended ({run.reason}): it took more than it may.")
    if made.content.language == "shell":
        return _of_script(run)
    if run.exit_code != 0:
        said = [line for line in run.stderr.splitlines() if line.strip()]
        raise BadAnswerError(
            f"It ended with exit code {run.exit_code}: {said[-1][:500] if said else 'it said nothing'}"
        )
    if run.truncated or len(run.stdout) > MAX_ANSWER:
        raise BadAnswerError(f"It answered more than {MAX_ANSWER:,} characters: keep what is long in a file.")
    try:
        return _ANSWER.validate_json(run.stdout)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadAnswerError(
            f"Its answer is none: {'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
        ) from None


def _of_script(run: CodeRun) -> Answer:
    """What a shell script says is its report; its exit code says whether it succeeded."""
    said = run.stdout[:MAX_ANSWER].strip("\n")
    if run.exit_code == 0:
        return Finished(outcome="finish", report=said)
    why = run.stderr.strip()[-500:] or f"exit code {run.exit_code}"
    return Failed(outcome="fail", code="script_failed", message=why, report=said)
