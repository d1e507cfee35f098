"""The rules that answer for the model `offline/rules`: deterministic, pure, one function a task.

Rules know kinds of work, never a file, a column or a goal. What they cannot do ends in `NeedsModelError`; they make up
no text.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pgswarm.actions.models.errors import NeedsModelError
from pgswarm.actions.models.offline.rules.ask import ask_user
from pgswarm.actions.models.offline.rules.decompose import decompose
from pgswarm.actions.models.offline.rules.errors import needs_model
from pgswarm.actions.models.offline.rules.failure import handle_failure
from pgswarm.actions.models.offline.rules.plan import determine_unknowns, plan, review_plan
from pgswarm.actions.models.offline.rules.quotes import find_quotes
from pgswarm.actions.models.offline.rules.review import consolidated, review_branch, review_overall
from pgswarm.actions.models.offline.rules.route import route
from pgswarm.actions.models.offline.rules.summarise import summarise
from pgswarm.actions.models.offline.rules.talk import converse, interview, oracle_assume, oracle_texts
from pgswarm.actions.models.offline.rules.tidy import tidy_level
from pgswarm.actions.models.offline.rules.walk import arguments, file_entry, find_place, walk_action
from pgswarm.actions.models.offline.rules.write import write

TASKS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = MappingProxyType(
    {
        "arguments": arguments,
        "ask_user": ask_user,
        "consolidate": consolidated,
        "converse": converse,
        "decompose": decompose,
        "determine_unknowns": determine_unknowns,
        "file_entry": file_entry,
        "find_place": find_place,
        "find_quotes": find_quotes,
        "handle_failure": handle_failure,
        "interview": interview,
        "oracle_assume": oracle_assume,
        "oracle_texts": oracle_texts,
        "plan": plan,
        "review_branch": review_branch,
        "review_overall": review_overall,
        "review_plan": review_plan,
        "route": route,
        "summarise": summarise,
        "tidy_level": tidy_level,
        "walk_action": walk_action,
        "write": write,
    }
)


_WORK: Final = MappingProxyType(
    {
        "analyse_code": "Writing code",
        "create_action": "Making a new action",
        "describe_code": "Writing code",
        "edit_file": "Editing a file",
        "plan_test": "Testing code",
        "query_table": "Writing a query",
        "repair_code": "Repairing code",
        "write_code": "Writing code",
        "write_harness": "Testing code",
    }
)
"""What people call the tasks that no rule does."""


def answer(task: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to `task` that fits `schema`; raise `NeedsModelError` where rules cannot do it."""
    del schema  # every rule answers in the one shape of its task; the client validates it
    rule = TASKS.get(task)
    if rule is None:
        raise needs_model(_WORK.get(task) or f"The task {task!r}")
    return rule(data)


__all__ = ["TASKS", "NeedsModelError", "answer"]
