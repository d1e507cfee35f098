"""The task `tidy_level`: which entries of one level belong together, by a word that their names and descriptions share.

A group is made where at least `_LEAST` entries share a telling word that most others do not have; what shares none
stays. Thin folders are merged into the folder next to them whose words they share.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from pgswarm.actions.models.offline.rules.words import content, stem, tokens

_LEAST: Final = 3
_MOST_SHARE: Final = 0.6


def tidy_level(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return groups of entries for folders of their own, and which thin folders go into which others."""
    entries = [entry for entry in data.get("entries") or () if not entry.get("folder")]
    groups = _groups(entries) if data.get("crowded") else []
    folders = [entry for entry in data.get("entries") or () if entry.get("folder")]
    return {"groups": groups, "merges": _merges(folders), "reason": "By the words that they share."}


def _groups(entries: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    bags = {str(entry["name"]): _words(entry) for entry in entries}
    left = dict(bags)
    groups = []
    most = max(int(len(bags) * _MOST_SHARE), _LEAST)
    telling = {word for word, count in Counter(w for bag in bags.values() for w in bag).items() if count <= most}
    while left:
        shared = Counter(word for bag in left.values() for word in bag)
        fitting = [(count, word) for word, count in shared.items() if count >= _LEAST and word in telling]
        if not fitting:
            break
        _, word = min(fitting, key=lambda pair: (-pair[0], pair[1]))
        members = [name for name, bag in left.items() if word in bag]
        said = _said(word, members, entries)
        groups.append({"name": said, "description": f"What is about {said}.", "members": members})
        left = {name: bag for name, bag in left.items() if name not in members}
    return groups


def _merges(folders: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    merges = []
    gone: set[str] = set()
    for thin in folders:
        if not thin.get("thin"):
            continue
        words = _words(thin)
        best = max(
            (f for f in folders if f["name"] != thin["name"] and f["name"] not in gone),
            key=lambda f: (len(words & _words(f)), str(f["name"])),
            default=None,
        )
        if best is not None and words & _words(best):
            merges.append({"folder": str(thin["name"]), "into": str(best["name"])})
            gone.add(str(thin["name"]))
    return merges


def _words(entry: Mapping[str, Any]) -> frozenset[str]:
    name = str(entry["name"]).rpartition(".")[0] or str(entry["name"])
    said = f"{name.replace('_', ' ').replace('-', ' ')} {entry.get('description', '')}"
    return frozenset(word for word in content(said) if not word.isdigit())


def _said(word: str, members: list[str], entries: list[Mapping[str, Any]]) -> str:
    """The word as it is written in an entry, not its stem."""
    for entry in entries:
        if entry["name"] in members:
            text = (
                f"{entry['name']} {entry.get('description', '')}".replace("_", " ").replace("-", " ").replace(".", " ")
            )
            for token in tokens(text):
                if stem(token) == word:
                    return token
    return word
