"""Names and sentences as words and stems. Rule: a column's name and a question are cut in exactly the same way."""

import re
from dataclasses import dataclass

_WORD = re.compile(r"\d[\d,]*(?:\.\d+)?|[^\W\d_]+(?:['\u2019][^\W\d_]+)*", re.UNICODE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MIN_STEM = 3
_IRREGULAR = {
    "rainy": "rain",
    "snowy": "snow",
    "sunny": "sun",
    "foggy": "fog",
    "sold": "sold",
    "sell": "sale",
    "selling": "sale",
    "sells": "sale",
    "bought": "buy",
    "spent": "spend",
    "paid": "pay",
    "movies": "movie",
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "countries": "country",
    "series": "series",
    "species": "species",
    "gas": "gas",
    "fell": "fall",
    "flew": "fly",
    "flown": "fly",
    "flights": "flight",
    "data": "data",
    "moon": "moon",
    "lens": "lens",
    "was": "was",
    "has": "has",
    "does": "does",
    "this": "this",
    "news": "news",
}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question: as written, its stem, and where it begins and ends."""

    text: str
    stem: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """Return the word in lower case."""
        return self.text.lower()

    @property
    def capital(self) -> bool:
        """Return whether the word begins with a capital."""
        return self.text[0].isupper()


def words_of(text: str) -> list[Word]:
    """Return the words of `text` in order; underscores, dots and a change to capitals separate words too."""
    found = []
    for match in _WORD.finditer(text):
        start = match.start()
        for piece in _CAMEL.split(match.group()):
            bare = re.sub(r"['\u2019]s?$", "", piece) or piece
            found.append(Word(bare, stem(bare), start, start + len(piece)))
            start += len(piece)
    return found


def stems_of(text: str) -> tuple[str, ...]:
    """Return the stems of the words of `text`."""
    return tuple(word.stem for word in words_of(text))


def stem(word: str) -> str:
    """Return the word in lower case without a plural or verb ending; the same word always gives the same stem."""
    low = word.lower().replace("\u2019", "'")
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if len(low) <= _MIN_STEM or not low.isalpha():
        return low
    for ending, replacement, least in (
        ("sses", "ss", 5),
        ("ies", "y", 5),
        ("ches", "ch", 6),
        ("shes", "sh", 6),
        ("xes", "x", 4),
    ):
        if low.endswith(ending) and len(low) >= least:
            return low[: -len(ending)] + replacement
    if low.endswith("s") and not low.endswith(("ss", "us", "is")):
        low = low[:-1]
    for ending in ("ing", "ed"):
        if low.endswith(ending) and len(low) - len(ending) > _MIN_STEM:
            low = low[: -len(ending)]
            return low[:-1] if low[-1] == low[-2] and low[-1] not in "sle" else low
    return low
