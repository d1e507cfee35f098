"""Trees of the built-in actions in one coroutine, with a recorded model that a test writes down line by line."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pgswarm.actions.models.client import ModelClient
from pgswarm.actions.models.settings import ModelSettings
from support.tree import StandIn, Tree, load_built_in_actions

Plant = Callable[..., Tree]
Lines = list[tuple[str, Mapping[str, Any] | None, Any]]


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    """A function that makes a tree from a recording's lines: (task, match, response); no lines: the offline rules."""
    load_built_in_actions()
    clients: list[ModelClient] = []

    def make(
        lines: Lines | None = None,
        answers: Mapping[str, Any] | Callable[[str], Any] | None = None,
        files: Mapping[str, str] | None = None,
        stand_ins: Mapping[str, StandIn] | None = None,
    ) -> Tree:
        model = "offline/rules"
        if lines is not None:
            path = tmp_path / f"{len(clients)}.jsonl"
            path.write_text("\n".join(json.dumps(_line(*line)) for line in lines))
            model = f"recorded:{path}"
        clients.append(ModelClient(ModelSettings.from_env({"PGSWARM_MODEL": model})))
        answer = answers if callable(answers) or answers is None else answers.__getitem__
        return Tree(clients[-1], files or {}, answer, stand_ins=stand_ins)

    yield make
    for client in clients:
        await client.aclose()


def _line(task: str, match: Mapping[str, Any] | None, response: Any) -> dict[str, Any]:
    round_no = match.get("round", 0) if match else 0
    data = {key: value for key, value in match.items() if key != "round"} if match else None
    return {"task": task, "match": data, "response": response, "round": round_no}
