"""The rules that answer for the model `offline/rules`: `answer` dispatches by task. No rule is here yet."""

from collections.abc import Mapping
from typing import Any

from pgswarm.actions.models.errors import NeedsModelError


def answer(task: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to `task` that fits `schema`; raise `NeedsModelError` where rules cannot do it."""
    del data, schema
    raise NeedsModelError(f"the task {task!r} needs a model: set OPENAI_API_KEY, or OPENAI_BASE_URL and PGSWARM_MODEL")
