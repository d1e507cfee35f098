"""A2A messages, tasks and artifacts as JSON that is kept and text that is reported. Pure.

Bounded and cleaned; files are named, not kept, and no address in them is fetched.
"""

import json
from collections.abc import Iterable
from typing import Any, Final, Literal, TypedDict

from a2a.types import Artifact, Message, Part, Task, TaskState
from google.protobuf.json_format import MessageToDict

from pgswarm.actions.outside.report import MAX_TEXT
from pgswarm.actions.outside.texts import MAX_PROMPT, cleaned, one_line, without

Stage = Literal["working", "input", "auth", "done", "failed"]
_STAGES: Final[dict[int, Stage]] = {
    TaskState.TASK_STATE_SUBMITTED: "working",
    TaskState.TASK_STATE_WORKING: "working",
    TaskState.TASK_STATE_UNSPECIFIED: "working",
    TaskState.TASK_STATE_INPUT_REQUIRED: "input",
    TaskState.TASK_STATE_AUTH_REQUIRED: "auth",
    TaskState.TASK_STATE_COMPLETED: "done",
    TaskState.TASK_STATE_FAILED: "failed",
    TaskState.TASK_STATE_CANCELED: "failed",
    TaskState.TASK_STATE_REJECTED: "failed",
}


class Came(TypedDict):
    """What the agent said: where the task stands, its ids (empty for a bare message), and the text there is."""

    kind: Literal["came"]
    stage: Stage
    state: str
    task_id: str
    context_id: str
    text: str


def of_message(message: Message, secrets: Iterable[str]) -> Came:
    """Return a bare message: the agent's whole answer."""
    return _came("done", "message", ("", message.context_id), _text(message.parts), secrets)


def of_task(task: Task, secrets: Iterable[str]) -> Came:
    """Return where a task stands; its artifacts once it is done, else the words of its status."""
    stage = _STAGES.get(task.status.state, "working")
    said = _text(task.status.message.parts)
    if stage == "done":
        said = "\n\n".join(filter(str.strip, (*map(_artifact, task.artifacts), said)))
    name = TaskState.Name(task.status.state).removeprefix("TASK_STATE_").lower()
    return _came(stage, name, (task.id, task.context_id), said, secrets)


def _came(stage: Stage, state: str, ids: tuple[str, str], text: str, secrets: Iterable[str]) -> Came:
    most = MAX_TEXT if stage == "done" else MAX_PROMPT
    return {
        "kind": "came",
        "stage": stage,
        "state": state,
        "task_id": cleaned(ids[0], 500),
        "context_id": cleaned(ids[1], 500),
        "text": cleaned(without(secrets, text), most),
    }


def _artifact(artifact: Artifact) -> str:
    text = _text(artifact.parts)
    name = one_line(artifact.name, 200)
    return f"## {name}\n\n{text}" if name and text else text


def _text(parts: Iterable[Part]) -> str:
    return "\n\n".join(filter(str.strip, map(_part, parts)))


def _part(part: Part) -> str:
    match part.WhichOneof("content"):
        case "text":
            return str(part.text)
        case "data":
            value: Any = MessageToDict(part.data)
            return json.dumps(value, ensure_ascii=False, indent=1)
        case "raw":
            kind = one_line(part.media_type or "binary", 100)
            return f"({one_line(part.filename or 'a file', 200)}, {kind}, {len(part.raw):,} bytes: not kept)"
        case "url":
            return f"({one_line(part.filename or 'a file', 200)}: {one_line(part.url, 2_000)}: not fetched)"
    return ""
