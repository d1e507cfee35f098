"""The tasks of the router over the spaces: `walk_action`, `arguments`, `file_entry` and `find_place`.

Text similarity alone (BM25 over the names and descriptions of one level). An action is taken only where it fits by the
rules of `route`; a folder may mislead, and the walk then steps back out of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pgswarm.actions.models.offline.rules.files import files_of
from pgswarm.actions.models.offline.rules.lexicon import Kind
from pgswarm.actions.models.offline.rules.parts import Part, explicit
from pgswarm.actions.models.offline.rules.rank import bm25
from pgswarm.actions.models.offline.rules.route import (
    OTHER_MAY_HELP,
    does_fit,
    expected_words,
    fill,
    handed_on,
    needs_manager,
    query_of,
    words_of,
)
from pgswarm.actions.models.offline.rules.words import content, stems

BACK: Final = "/back"
MORE: Final = "/more"
HERE: Final = "/here"
_FEW: Final = 15
_LEAST_SHARED: Final = 2
_OWN_WORK: Final = "text results code plans made"
_SWARM_OWN: Final = frozenset({"swarm", "user"})


def walk_action(data: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the next folder or the action on the way to what fits a directive."""
    rejected = data.get("rejected") or ()
    if any(str(item.get("code")) not in OTHER_MAY_HELP for item in rejected):
        return _said(BACK, "Another action would fail in the same way.")
    directive, part, files, many = _asked(data)
    expected = expected_words(part, files, many=many)
    choices = [
        {**choice, "action": str(choice["name"]).replace(" ", "_")}
        for choice in data.get("choices") or ()
    ]  # fmt: skip
    documents = [words_of(choice) for choice in choices]
    scores = bm25(query_of(directive, expected), documents)
    folders = []
    off = frozenset(data.get("off") or ())
    order = sorted(range(len(choices)), key=lambda i: (choices[i]["name"] in off, -scores[i], str(choices[i]["name"])))
    for index in order:
        choice = choices[index]
        if "holds" in choice:
            folders.append(index)
            if scores[index] > 0:
                return _said(choice["name"], "By its words.")
        elif scores[index] > 0 and does_fit(directive, expected, documents[index], choice):
            return _said(choice["name"], "By its words.")
    if MORE in data.get("moves", ()):
        return _said(MORE, "Nothing on this page fits.")
    if folders and len(choices) <= _FEW:
        return _said(choices[folders[0]]["name"], "Nothing says what it is for: it may be there.")
    return _said(BACK, "Nothing here fits by its words.")


def arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    """Fill an action's arguments from the directive; it does not fit where a required one is not said."""
    directive, part, files, many = _asked(data)
    action = data.get("action") or {}
    if not does_fit(directive, expected_words(part, files, many=many), words_of(action), action):
        return {"fits": False, "arguments": [], "reason": "Its words do not fit."}
    filled, missing = fill(action, part, files, handed_on(data))
    if missing:
        return {"fits": False, "arguments": [], "reason": f"The directive does not say: {', '.join(missing)}."}
    return {"fits": True, "arguments": filled, "reason": "By its words."}


def file_entry(data: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the folder whose words an artifact shares; else stop here; at the root, where made things are kept."""
    artifact = data.get("artifact") or {}
    words = content(" ".join(str(artifact.get(name) or "") for name in ("name", "description", "head")))
    best = _best(words, [c for c in data.get("choices") or () if c["name"] not in _SWARM_OWN])
    moves = data.get("moves", ())
    if best is not None:
        return _new(best["name"], "It shares words with this folder.")
    if HERE in moves:
        return _new(HERE, "No folder in it is closer.")
    made = _best(content(_OWN_WORK), data.get("choices") or ())
    if made is not None:
        return _new(made["name"], "What is made is kept there.")
    return _new(MORE if MORE in moves else BACK, "No folder shares its words.")


def find_place(data: Mapping[str, Any]) -> dict[str, Any]:
    """Choose where a question may be answered: what shares its words, else all that lies here."""
    words = content(" ".join(str(data.get(name) or "") for name in ("subject", "question")))
    best = _best(words, data.get("choices") or ())
    moves = data.get("moves", ())
    if best is not None:
        return _said(best["name"], "It shares words with the question.")
    if MORE in moves:
        return _said(MORE, "Nothing on this page shares words with the question.")
    if HERE in moves and not data.get("rejected_here"):
        return _said(HERE, "Nothing in it is closer than the other.")
    return _said(BACK, "Nothing here shares words with the question.")


def _asked(data: Mapping[str, Any]) -> tuple[str, Part, Sequence[Any], bool]:
    directive = str(data.get("directive", ""))
    files = files_of(data)
    parts = explicit(directive, files)
    many = needs_manager(parts, files, has_context=bool(data.get("has_context")))
    return directive, Part(Kind.OTHER, directive) if many or not parts else parts[0], files, many


def _best(words: Sequence[str], choices: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The choice that shares most with these words: a word of its name, or `_LEAST_SHARED` of its own."""
    names = [content(str(choice["name"]).replace("_", " ").replace("-", " ").replace(".", " ")) for choice in choices]
    bags = [name * 2 + content(str(choice.get("description", ""))) for name, choice in zip(names, choices, strict=True)]
    scores = bm25(dict.fromkeys(words, 1.0), bags)
    own = set(words) | set(stems(" ".join(words)))
    for index in sorted(range(len(choices)), key=lambda i: (-scores[i], str(choices[i]["name"]))):
        if scores[index] > 0 and (own & set(names[index]) or len(own & set(bags[index])) >= _LEAST_SHARED):
            return choices[index]
    return None


def _said(choice: str, reason: str) -> dict[str, Any]:
    return {"choice": choice, "reason": reason}


def _new(choice: str, reason: str) -> dict[str, Any]:
    return {**_said(choice, reason), "new_name": "", "new_description": ""}
