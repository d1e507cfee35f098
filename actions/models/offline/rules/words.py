"""Words: tokens, stems and the words that carry no meaning. Pure; English only, and it says so.

The stemmer is a light suffix stripper: it only has to bring the forms of one word together ("totals", "totalled"),
not to find its dictionary form.
"""

import re
import tomllib
from functools import lru_cache
from importlib import resources

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_SHORT = 3
_VOWEL = re.compile(r"[aeiouy]")

_LISTS = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))


def word_list(name: str) -> list[str]:
    """Return the words listed under `name` in `words.toml`."""
    return str(_LISTS[name]).split()


STOP = frozenset(word_list("stop"))

_SUFFIXES = (
    ("isation", "is"),
    ("ization", "is"),
    ("ising", "is"),
    ("izing", "is"),
    ("ised", "is"),
    ("ized", "is"),
    ("ises", "is"),
    ("izes", "is"),
    ("ise", "is"),
    ("ize", "is"),
    ("ations", "at"),
    ("ation", "at"),
    ("ating", "at"),
    ("ated", "at"),
    ("ates", "at"),
    ("ate", "at"),
    ("ingly", ""),
    ("ings", ""),
    ("ing", ""),
    ("edly", ""),
    ("ied", "y"),
    ("ies", "y"),
    ("ed", ""),
    ("sses", "ss"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("es", ""),
    ("ly", ""),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("s", ""),
    ("e", ""),
)


def tokens(text: str) -> list[str]:
    """Return the words and numbers of `text` in lower case, in order."""
    return [word.replace("\u2019", "'") for word in _TOKEN.findall(text.lower())]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return what the forms of one word have in common (`summarising`, `summarize` → `summaris`)."""
    word = word.lower().removesuffix("'s").removesuffix("'")
    if len(word) <= _SHORT or word.isdigit():
        return word
    word = word.replace("our", "or") if word.endswith(("our", "ours", "oured", "ouring")) else word
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix):
            root = word[: -len(suffix)] + instead
            if len(root) >= _SHORT and _VOWEL.search(root):
                return _undouble(root) if suffix in {"ing", "ed", "ings"} else root
    return word


def _undouble(root: str) -> str:
    doubled = len(root) > _SHORT and root[-1] == root[-2] and root[-1] not in "aeiousz"
    return root[:-1] if doubled else root


def stems(text: str) -> list[str]:
    """Return the stem of every word of `text`, in order."""
    return [stem(word) for word in tokens(text)]


def content(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order."""
    return [stem(word) for word in tokens(text) if word not in STOP]


def stem_list(name: str) -> frozenset[str]:
    """Return the stems of the words listed under `name` in `words.toml`."""
    return frozenset(stem(word) for word in word_list(name))


def fold(text: str) -> str:
    """Return `text` as its bare words, to compare two wordings that differ in case, spaces or punctuation only."""
    return " ".join(tokens(text))
