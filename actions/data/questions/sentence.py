"""A question while it is being understood: its words, and which are taken. Rule: a word is used for one thing only."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pgswarm.actions.data.questions.lexicon import STOP
from pgswarm.actions.data.tables.values import Table
from pgswarm.actions.data.words import Word, stems_of, words_of

_FILE = re.compile(
    r"(?:\b(?:in|from|of|using|for)\s+)?(?:\bthe\s+)?(?:\bfile\s+)?[\"'`]?[\w./-]+\.(?:csv|tsv|txt|tab|psv|dat)\b[\"'`]?",
    re.IGNORECASE,
)
_BEFORE_NAME = frozenset({"of", "average", "mean", "sum", "median", "highest", "lowest"})
_QUOTED = re.compile(r"[\"\u201c`]([^\"\u201d`]{1,80})[\"\u201d`]|(?<!\w)'([^']{1,80})'(?!\w)")


@dataclass(slots=True)
class Sentence:
    """The words of one question and the places that are taken already."""

    text: str
    words: list[Word]
    table: Table
    taken: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    """Words that write out a column's name: `max` in `temp_max` asks for no maximum."""
    placed: set[str] = field(default_factory=set)
    """Columns whose value came with a preposition (`in the West`)."""

    @classmethod
    def parse(cls, text: str, table: Table) -> "Sentence":
        """Return the sentence without the names of files."""
        plain = _FILE.sub(" ", text)
        sentence = cls(plain, words_of(plain), table)
        for column in table.columns:
            sentence._find_name(stems_of(column.name))
        return sentence

    def _find_name(self, name: tuple[str, ...]) -> None:
        for start in range(len(self.words) - len(name) + 1):
            run = range(start, start + len(name))
            whole = tuple(self.stems(run)) == name
            if whole and (len(name) > 1 or self.lower(start - 1) in _BEFORE_NAME):
                self.named.update(run)

    def free(self, index: int) -> bool:
        """Return whether there is a word at `index` that nothing has taken."""
        return 0 <= index < len(self.words) and index not in self.taken

    def take(self, indexes: Iterable[int]) -> None:
        """Take words."""
        self.taken.update(indexes)

    def stems(self, indexes: Iterable[int]) -> list[str]:
        """Return the stems of words."""
        return [self.words[i].stem for i in indexes]

    def lower(self, index: int) -> str:
        """Return a word in lower case, '' beyond the ends."""
        return self.words[index].lower if 0 <= index < len(self.words) else ""

    def joined(self, left: int, right: int) -> bool:
        """Return whether nothing but space, hyphens or underscores stands between two neighbours."""
        between = self.text[self.words[left].end : self.words[right].start]
        return not re.search(r"[,;:.?!()]", between)

    def phrase(self, start: int, most: int = 6) -> list[int]:
        """Return the run of free words from `start` up to punctuation, a taken word or `most` words."""
        run: list[int] = []
        i = start
        while len(run) < most and self.free(i) and (not run or self.joined(i - 1, i)):
            run.append(i)
            i += 1
        return run

    def content(self, indexes: Iterable[int] | None = None) -> list[int]:
        """Return the free words that are no stop words."""
        pool = range(len(self.words)) if indexes is None else indexes
        return [i for i in pool if i not in self.taken and (i in self.named or self.words[i].stem not in STOP)]

    def quoted(self) -> list[str]:
        """Return what stands in quotation marks."""
        return [a or b for a, b in _QUOTED.findall(self.text)]


def spans(indexes: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """Return all runs of at most `most` neighbours, longest first."""
    found = []
    for size in range(min(most, len(indexes)), 0, -1):
        for start in range(len(indexes) - size + 1):
            run = tuple(indexes[start : start + size])
            if run[-1] - run[0] == size - 1:
                found.append(run)
    return found
