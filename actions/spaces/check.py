"""What a processor alone can say of actions in a space: schemas, code that loads, keys that are there. Pure.

Rule: a key is asked for by its name; its value is never read into anything that is shown.
"""

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pgswarm.actions.created.library import Content
from pgswarm.schema.json_schema import flaw

BROUGHT: Final = frozenset({"built_in", "custom"})
"""Sources whose actions are modules that this process should have."""


@dataclass(frozen=True, slots=True)
class ActionFlaw:
    """One rule that does not hold: its name, the entry's path, what is wrong and what to do."""

    rule: str
    path: str
    detail: str


def action_flaws(
    path: str, fields: Mapping[str, Any], *, known: Collection[str], keys: Mapping[str, str], code: str | None = None
) -> Iterable[ActionFlaw]:
    """Yield what does not hold for one action.

    `known` are the ids of the actions that could be imported, `keys` the environment, `code` the source of one that a
    swarm wrote.
    """
    for name in ("input_schema", "output_schema"):
        wrong = flaw(fields[name]) if name in fields else None
        if wrong:
            yield ActionFlaw("schema_is_valid", path, f"{name}: {wrong}")
    source, action_id = fields.get("source"), fields.get("action_id")
    if source in BROUGHT and action_id not in known:
        module = fields.get("module") or "its module"
        yield ActionFlaw("action_can_be_imported", path, f"{module} is not installed here, or cannot be imported")
    if code is not None and fields.get("language", "python") == "python":
        wrong = _syntax(code)
        if wrong:
            yield ActionFlaw("action_can_be_imported", path, wrong)
    if code is not None and source == "created" and "hash" in fields and not _is_approved(fields, code):
        yield ActionFlaw("action_is_what_was_approved", path, "it does not run: revoke it, and have it made again")
    yield from missing_keys(path, fields.get("keys") or (), keys)


def missing_keys(path: str, wanted: Iterable[str], keys: Mapping[str, str]) -> Iterable[ActionFlaw]:
    """Yield a flaw for each key that the environment does not have."""
    for name in wanted:
        if not keys.get(name):
            yield ActionFlaw("key_is_there", path, f"{name} is not set: set it for every processor")


def _is_approved(fields: Mapping[str, Any], code: str) -> bool:
    parts = {name: fields.get(name) or {} for name in ("input_schema", "output_schema")}
    packages = fields.get("dependencies") or ()
    content = Content(
        code=code,
        language=fields.get("language", "python"),
        dependencies=packages,
        utils=fields.get("utils") or {},
        **parts,
    )
    return content.hash == (fields.get("approval") or {}).get("hash")


def _syntax(code: str) -> str | None:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"its code is no Python: {error}"
    return None
