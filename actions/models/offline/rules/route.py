"""The task `route`: which one action fits a directive, and with which arguments.

A directive of several parts goes to the manager. Otherwise the actions are ranked by the directive's words and by the
words that name its kind of work; nothing is chosen that shares too little with what it says of itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pgswarm.actions.models.offline.rules import slots
from pgswarm.actions.models.offline.rules.errors import needs_model
from pgswarm.actions.models.offline.rules.files import FileInfo, files_of, mentioned
from pgswarm.actions.models.offline.rules.lexicon import Kind
from pgswarm.actions.models.offline.rules.parts import ASK_PREFIX, Part, explicit
from pgswarm.actions.models.offline.rules.rank import bm25
from pgswarm.actions.models.offline.rules.words import content, stem, tokens

_KIND_WORDS: Mapping[Kind, str] = {
    Kind.SUMMARISE: "summarise condense text document shorter",
    Kind.COMPUTE: "table csv columns totals groups figures compute data",
    Kind.FIND: "memory retrieve search find quote passages says answer question text",
    Kind.WRITE: "write text report memo letter document reader audience",
    Kind.ASK: "ask user person question answer conversation",
    Kind.SAVE: "save memory store keep",
    Kind.LIST: "list files names",
    Kind.READ: "read file whole content show",
    Kind.WEB: "search titles snippets",
}
_ITSELF = re.compile(r"\b(?:pgswarm|this swarm|(?:your|its) own (?:actions|documentation))\b", re.IGNORECASE)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)
}  # fmt: skip
_MANY = "decompose break down parts several manager parallel"
_SHELL = "shell command"
_PAGE = "browse page URL"
_TABLE = "describe table csv columns totals types rows"
KIND_WEIGHT = 2.0
_NAME_WEIGHT = 2
OWN_WEIGHT = 0.6
_MIN_OWN = 2
OTHER_MAY_HELP = frozenset({"not_prose", "not_a_table", "no_table", "wrong_action"})


def route(data: Mapping[str, Any]) -> dict[str, Any]:
    """Choose an action; `action` is null where none fits."""
    directive = str(data.get("directive", ""))
    files = files_of(data)
    refused = {str(item.get("action")) for item in data.get("rejected") or ()}
    if any(str(item.get("code")) not in OTHER_MAY_HELP for item in data.get("rejected") or ()):
        return {"action": None, "arguments": [], "reason": "Another action would fail in the same way."}
    actions = [item for item in data.get("actions") or () if str(item["action"]) not in refused]
    parts = explicit(directive, files)
    many = needs_manager(parts, files, has_context=bool(data.get("has_context")))
    part = Part(Kind.OTHER, directive) if many or not parts else parts[0]
    chosen = _best(directive, part, actions, files, many=many)
    if chosen is None:
        if off := _best(directive, part, list(data.get("off") or ()), files, many=many):
            return {"action": off["action"], "arguments": [], "reason": "It is switched off."}
        if refused or not actions:
            return {"action": None, "arguments": [], "reason": "No other action fits this directive."}
        raise needs_model(f"No action here fits \u201c{short(directive)}\u201d by rules: this kind of work")
    arguments, missing = fill(chosen, part, files, handed_on(data))
    if missing:
        reason = f"{chosen['action']} fits, but the directive does not say: {', '.join(missing)}."
        return {"action": None, "arguments": [], "reason": reason}
    reason = (
        "It has several parts."
        if many
        else f"It asks to {part.kind}."
        if part.kind is not Kind.OTHER
        else "By its words."
    )
    return {"action": chosen["action"], "arguments": arguments, "reason": reason}


def needs_manager(parts: Sequence[Part], files: Sequence[FileInfo], *, has_context: bool) -> bool:
    """Say whether the directive is more than one action does."""
    if len(parts) > 1:
        return True
    return bool(parts) and parts[0].kind is Kind.WRITE and not has_context and bool(files)


def _best(
    directive: str, part: Part, actions: Sequence[Mapping[str, Any]], files: Sequence[FileInfo], *, many: bool
) -> Mapping[str, Any] | None:
    documents = [words_of(item) for item in actions]
    expected = expected_words(part, files, many=many)
    query = query_of(directive, expected)
    scores = bm25(query, documents)
    order = sorted(range(len(actions)), key=lambda i: (-scores[i], str(actions[i]["action"])))
    for index in order:
        if scores[index] > 0 and does_fit(directive, expected, documents[index], actions[index]):
            return actions[index]
    return None


def query_of(directive: str, expected: str) -> dict[str, float]:
    """Return the weighted words to rank by: the directive's, and those of its kind of work."""
    query = dict.fromkeys(content(directive), OWN_WEIGHT if expected else 1.0)
    query.update(dict.fromkeys(content(expected), KIND_WEIGHT))
    return query


def expected_words(part: Part, files: Sequence[FileInfo], *, many: bool) -> str:
    """Return the words that actions for this kind of work have; none for work of no known kind."""
    if many:
        return _MANY
    if part.kind is Kind.SUMMARISE and part.files and all(f.is_table for f in files if f.name in part.files):
        return _TABLE
    if part.kind is Kind.OTHER and slots.command(part.directive):
        return _SHELL
    if part.kind in {Kind.OTHER, Kind.READ, Kind.WEB} and _address(part.directive):
        return _PAGE
    return _KIND_WORDS.get(part.kind, "")


def does_fit(directive: str, expected: str, document: Sequence[str], action: Mapping[str, Any]) -> bool:
    """A known kind must share its words; other work must name the action, or share most of what it says."""
    words = frozenset(document)
    if expected:
        return len(words & frozenset(content(expected))) >= _MIN_OWN
    own = frozenset(content(directive))
    name = frozenset(stem(word) for word in tokens(str(action["action"]).replace("_", " ")))
    return bool(own & name) and len(own & words) >= _MIN_OWN


def words_of(action: Mapping[str, Any]) -> list[str]:
    """Return what an action says of itself, its name most."""
    name = content(str(action["action"]).replace("/", " ").replace("_", " "))
    return name * _NAME_WEIGHT + content(str(action.get("description", "")))


def handed_on(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what earlier work handed on, by name; of one name the newest."""
    return {name: value for note in data.get("context") or () for name, value in (note.get("output") or {}).items()}


def fill(
    action: Mapping[str, Any], part: Part, files: Sequence[FileInfo], given: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Fill what the directive says into the action's arguments, and what is required and was handed on (`given`).

    Return them, and what is required and unknown.
    """
    schema = action.get("input_schema") or {}
    filled, missing = [], []
    for name, shape in (schema.get("properties") or {}).items():
        value = _value(name, shape, part, files)
        if value is None and name in (schema.get("required") or ()):
            value = _given(given.get(name), shape)
        if value is not None:
            filled.append({"name": name, "value": value})
        elif name in (schema.get("required") or ()):
            missing.append(name)
    return filled, missing


def _given(value: Any, shape: Mapping[str, Any]) -> Any:
    """A value that was handed on, where it has the type that the argument takes."""
    kinds = _TYPES.get(str(shape.get("type")), ())
    return value if kinds and isinstance(value, kinds) and isinstance(value, bool) == (bool in kinds) else None


def _value(name: str, shape: Mapping[str, Any], part: Part, files: Sequence[FileInfo]) -> Any:
    fill = _FILLERS.get(name)
    spoken = list(part.files) or [f.name for f in mentioned(part.directive, files)]
    value = fill(part, spoken) if fill else None
    if isinstance(value, list) and shape.get("type") == "string":
        value = ", ".join(value)
    return None if value in (None, "", []) or value in (spoken if name == "name" else ()) else value


def _question(part: Part, _: Sequence[str]) -> str | None:
    if part.kind is Kind.WEB:
        return slots.web_query(part.directive)
    asks = part.kind not in {Kind.SUMMARISE, Kind.READ, Kind.LIST}
    return part.directive.removeprefix(ASK_PREFIX) if asks else None


def _file(part: Part, spoken: Sequence[str]) -> str | None:
    if part.kind is Kind.SAVE and slots.dictated(part.directive):
        return None  # what is to be kept stands in the directive
    return spoken[0] if spoken else _file_like(part.directive)


def _whole(part: Part, _: Sequence[str]) -> str | None:
    return part.directive if part.kind is Kind.OTHER else None


_FILLERS: Mapping[str, Callable[[Part, Sequence[str]], Any]] = {
    **dict.fromkeys(("file", "file_name", "path", "document"), _file),
    **dict.fromkeys(("files", "file_names", "documents"), lambda _, spoken: list(spoken)),
    **dict.fromkeys(("question", "query"), _question),
    **dict.fromkeys(("subject", "topic"), lambda part, _: slots.subject(part.directive)),
    **dict.fromkeys(("audience", "reader", "readers"), lambda part, _: slots.audience(part.directive)),
    **dict.fromkeys(("text", "directive", "goal", "instruction"), _whole),
    "command": lambda part, _: slots.command(part.directive),
    "content": lambda part, _: slots.dictated(part.directive) if part.kind is Kind.SAVE else None,
    "folder": lambda part, spoken: "swarm" if not spoken and _ITSELF.search(part.directive) else None,
    "kind": lambda part, _: slots.document(part.directive) if part.kind is Kind.WRITE else None,
    "max_words": lambda part, _: slots.words_wanted(part.directive),
    "max_sentences": lambda part, _: slots.sentences_wanted(part.directive),
    "name": lambda part, _: _file_like(part.directive),
    "url": lambda part, _: _address(part.directive),
}
"""What the directive says for an argument of that name; None where it does not say."""


def _file_like(directive: str) -> str | None:
    match = re.search(r"(?<![\w/])[\w-][\w./-]*\.\w{2,5}\b", directive)
    return match.group() if match else None


def _address(directive: str) -> str | None:
    match = re.search(r"https?://[^\s<>\"'“”]+", directive)
    return match.group().rstrip(".,;:!?)]") if match else None


def short(text: str, most: int = 120) -> str:
    """Return a text, cut where it is long."""
    return text if len(text) <= most else text[: most - 1] + "\u2026"
