"""The kinds of entries of the three spaces, as data: what each may hold, how it is searched, its own fields. Pure.

Rule: this table stands once. The database checks by the view `pgswarm.entry_kind`, which is made of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal

SPACES: Final = ("action", "memory", "util")


class Search(StrEnum):
    """How a router looks for something below or in an entry."""

    CHOICE = "choice"
    """A router chooses among what lies below."""
    TEXT = "text"
    """Full-text search in its passages."""
    VECTOR = "vector"
    """The passages that are nearest to the question."""
    SQL = "sql"
    """A read-only query."""
    CODE = "code"
    """By modules, classes, functions and text."""
    NONE = "none"
    """Not at all: it is opened, or left."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry. `content`: whether it holds bytes; `holds`: whether entries lie below it."""

    space: str
    name: str
    content: Literal["none", "may", "must"]
    search: Search
    fields: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    holds: bool = False

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the entry's `fields`."""
        return {
            "type": "object",
            "properties": {name: dict(part) for name, part in self.fields.items()},
            "required": list(self.required),
            "additionalProperties": False,
        }


_STRING: Final = MappingProxyType({"type": "string"})
_OBJECT: Final = MappingProxyType({"type": "object"})
_ARRAY: Final = MappingProxyType({"type": "array"})
_INTEGER: Final = MappingProxyType({"type": "integer"})
_BOOLEAN: Final = MappingProxyType({"type": "boolean"})

_ORIGIN: Final = {"source": _STRING, "media_type": _STRING, "fetched_at": _STRING, "title": _STRING}
"""Where a content came from: an address or a path, as it was when it was taken."""
_BRANCH: Final = {"retriever": _OBJECT, "uploader": _OBJECT, "agent": _STRING, "source": _STRING}
"""A folder whose content lives elsewhere, and what an agent of its own is told."""
_CODE: Final = {
    **_ORIGIN,
    "language": _STRING,
    "module": _STRING,
    "signature": _STRING,
    "parameters": {"type": ["object", "array"]},
    "returns": {"type": ["object", "string"]},
    "dependencies": _ARRAY,
    "keys": _ARRAY,
    "tests": _ARRAY,
    "hash": _STRING,
    "first_line": _INTEGER,
    "last_line": _INTEGER,
}
_ACTION: Final = {
    "action_id": _STRING,
    "input_schema": _OBJECT,
    "output_schema": _OBJECT,
    "language": _STRING,
    "dependencies": _ARRAY,
    "keys": _ARRAY,
    "source": {"type": "string", "enum": ["built_in", "custom", "created", "mcp", "a2a"]},
    "module": _STRING,
    "version": _INTEGER,
    "author_node": _STRING,
    "model": _STRING,
    "approval": _OBJECT,
    "tests": _ARRAY,
    "hash": _STRING,
    "routable": _BOOLEAN,
    "timeout_s": _INTEGER,
    "max_attempts": _INTEGER,
    "utils": _OBJECT,
}


def _memory(
    name: str,
    content: Literal["none", "may", "must"],
    search: Search,
    fields: Mapping[str, Any] = _ORIGIN,
    required: tuple[str, ...] = (),
    *,
    holds: bool = False,
) -> Kind:
    return Kind("memory", name, content, search, fields, required, holds)


KINDS: Final = (
    _memory("folder", "none", Search.CHOICE, _BRANCH, holds=True),
    _memory("text", "must", Search.TEXT),
    _memory("markdown", "must", Search.TEXT),
    _memory("html", "must", Search.TEXT),
    _memory("csv", "must", Search.TEXT),
    _memory("tsv", "must", Search.TEXT),
    _memory("json", "must", Search.TEXT),
    _memory("pdf", "must", Search.TEXT),
    _memory("python", "must", Search.CODE, _CODE),
    _memory("python_module", "must", Search.CODE, _CODE),
    _memory("python_class", "must", Search.CODE, _CODE),
    _memory("python_function", "must", Search.CODE, _CODE),
    _memory("code", "must", Search.CODE, _CODE),
    _memory("image", "must", Search.NONE),
    _memory("binary", "must", Search.NONE),
    _memory("repository", "none", Search.CHOICE, {**_BRANCH, "url": _STRING, "commit": _STRING}, holds=True),
    _memory("url", "may", Search.TEXT, {**_ORIGIN, "url": _STRING}, ("url",)),
    _memory("pointer", "none", Search.NONE, {}),
    _memory("conversation", "may", Search.TEXT, {"conversation_id": _STRING, "title": _STRING}),
    _memory(
        "sql_table",
        "may",
        Search.SQL,
        {"table": _STRING, "connection": _STRING, "columns": _ARRAY, "source": _STRING},
        ("table",),
    ),
    _memory("vector_index", "may", Search.VECTOR, {"model": _STRING, "of": _STRING, "source": _STRING}, ("model",)),
    _memory("secret", "none", Search.NONE, {"key": _STRING}, ("key",)),  # the name of a key, never its value
    _memory("suggestion", "must", Search.TEXT, {"about": _STRING, "state": _STRING}),
    Kind("action", "folder", "none", Search.CHOICE, {"agent": _STRING, "source": _STRING}, holds=True),
    Kind("action", "pointer", "none", Search.NONE),
    Kind("action", "action", "may", Search.NONE, _ACTION, ("action_id", "input_schema", "source")),
    Kind("util", "folder", "none", Search.CHOICE, {"agent": _STRING, "source": _STRING}, holds=True),
    Kind("util", "pointer", "none", Search.NONE),
    Kind("util", "function", "may", Search.CODE, {**_CODE, "name": _STRING}),
)
"""Every kind of every space."""

BUILT_IN_FOLDERS: Final = MappingProxyType(
    {
        "swarm": "How this swarm and its system work: documentation, and suggestions for improving it.",
        "user": "What is known of the user: expertise, wishes, how much they want to be asked.",
        "projects": "What the swarm makes: plans, code, texts and results, by project.",
        "references": "Sources that were given or found: documents, data, pages, repositories.",
    }
)
"""The folders of memory that every swarm finds, and attaches its own entries to."""
CREATED: Final = "created"
"""The folder of the action space where what a swarm makes itself is filed, and the first part of its ids."""
ROOTS: Final = MappingProxyType(
    {
        "action": "What nodes can do.",
        "memory": "What the swarm knows and has made.",
        "util": "Functions that code written by the swarm may import.",
    }
)
"""Each space's root."""


def kind_of(space: str, name: str) -> Kind | None:
    """Return the kind of that name in a space; None where there is none."""
    return next((kind for kind in KINDS if (kind.space, kind.name) == (space, name)), None)


def kinds_sql() -> str:
    """Return the SQL that makes the view by which the database checks entries; it may be run again."""
    rows = ",\n  ".join(
        f"('{k.space}', '{k.name}', '{k.content}', '{k.search}', {str(k.holds).lower()}, {_json(k.schema())}::jsonb)"
        for k in KINDS
    )
    return (
        "create or replace view pgswarm.entry_kind (space, kind, content, search, holds, fields)\n"
        f"with (security_invoker = true) as values\n  {rows};"
    )


def built_in_sql() -> str:
    """Return the SQL that puts the roots and the folders that every swarm finds in place; it may be run again."""
    roots = [f"('{space}', '', '', {_text(said)})" for space, said in ROOTS.items()]
    folders = [f"('memory', '{name}', '{name}', {_text(said)})" for name, said in BUILT_IN_FOLDERS.items()]
    folders.append(f"('action', '{CREATED}', '{CREATED}', 'Actions that the swarm made itself.')")
    rows = ",\n  ".join(roots + folders)
    return f"select pgswarm.file_built_in(space, path, name, description) from (values\n  {rows}) b(space, path, name, description);"  # noqa: E501,S608 - our own data


def _json(value: Any) -> str:
    return _text(json.dumps(value, sort_keys=True))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
