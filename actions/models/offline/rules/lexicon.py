"""The kinds of work that rules know, and the words that people use for them. Pure.

Nothing here knows a file, a column or a goal.
"""

import re
from enum import StrEnum

from pgswarm.actions.models.offline.rules.words import stem, stem_list, stems, word_list


class Kind(StrEnum):
    """What a piece of a goal asks for."""

    SUMMARISE = "summarise"
    COMPUTE = "compute"
    FIND = "find"
    WRITE = "write"
    ASK = "ask"
    SAVE = "save"
    LIST = "list"
    READ = "read"
    WEB = "search the web"
    """Something to be looked up outside: only where it says so."""
    OTHER = "other"
    """Work that is asked for and that rules cannot do."""
    REMARK = "remark"
    """Says how or why, asks for nothing by itself."""


SUMMARY_VERBS = stem_list("summary_verbs")
WRITE_VERBS = stem_list("write_verbs")
COMPUTE_VERBS = stem_list("compute_verbs")
FIND_VERBS = stem_list("find_verbs")
ASK_VERBS = stem_list("ask_verbs")
SAVE_VERBS = stem_list("save_verbs")
LIST_VERBS = stem_list("list_verbs")
READ_VERBS = stem_list("read_verbs")
NEUTRAL_VERBS = stem_list("neutral_verbs")
OTHER_VERBS = stem_list("other_verbs")
NOUN_VERBS = stem_list("noun_verbs")
"""Verbs that are as often nouns: they begin a clause only before a determiner or a name."""

WORK_VERBS = (
    SUMMARY_VERBS
    | WRITE_VERBS
    | COMPUTE_VERBS
    | FIND_VERBS
    | ASK_VERBS
    | SAVE_VERBS
    | LIST_VERBS
    | READ_VERBS
    | NEUTRAL_VERBS
    | OTHER_VERBS
)

SUMMARY_NOUNS = stem_list("summary_nouns")
DOCUMENTS = stem_list("documents")


_GROUPING = re.compile(
    r"\b(?:by|per|for (?:each|every)|in (?:each|every)|(?:grouped|broken down|split) by|for all the|across)\b",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    r"\b(totals?|sums?|add(?:s|ed|ing)? up|averages?|mean|medians?|how (?:many|much|often)|number of|count|counts|"
    r"largest|smallest|highest|lowest|greatest|biggest|fewest|most|least|maximum|minimum|max|min|top (?:\d+|"
    r"two|three|"
    r"four|five|six|ten)|bottom (?:\d+|two|three|five|ten)|shares? of|percentages?|percent|proportion|breakdown|"
    r"distribution|rank(?:s|ed|ing)?|tall(?:y|ies)|overall|combined|altogether|wettest|driest|hottest|coldest|"
    r"warmest|best|worst|windiest|busiest|cheapest|dearest|longest|shortest|oldest|youngest|tallest|heaviest)\b",
    re.IGNORECASE,
)
_TEXT_SAYS = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|mentions?|states?|tells? us|passages?|quot(?:e|es|ed|ing|ation|ations)|"
    r"cit(?:e|es|ed|ing|ation|ations)|according to|speaks? of|talks? (?:of|about)|deals? with|discuss(?:es)?|written|"
    r"verbatim|word for word|excerpts?|wording|claims?|argues?|describes?|requires?|provides?)\b",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(
    r"\b(one[- ]?pagers?|write[- ]?ups?|fact ?sheets?|white ?papers?|press releases?)\b", re.IGNORECASE
)
_QUESTION = re.compile(
    r"^(?:what|which|who|whom|whose|when|where|why|how|does|do|did|is|are|was|were|has|have)\b", re.IGNORECASE
)


_CONDENSED = re.compile(
    r"\b(?:sum(?:ming|s|med)? up|boil(?:ing|s|ed)? (?:\S+ ){0,6}down|in a nutshell|tl;?dr|(?:main|key|chief|essential) "
    r"(?:points?|ideas?|messages?|facts?)|in brief|(?:short|shortened|condensed|abridged) version|"
    r"what (?:it|they|this|(?:the|both|each) \w+|\S+\.\w+) (?:is|are) about)\b",
    re.IGNORECASE,
)


def condensed(clause: str) -> bool:
    """Say whether the clause names a shorter form of something by a phrase (sum up, the key points, …)."""
    return bool(_CONDENSED.search(clause))


_INTO_DOCUMENT = re.compile(
    rf"\b(?:in|into|as|to|with) (?:an?|one) (?:[\w-]+ ){{0,3}}?(?:{'|'.join(word_list('documents'))})\b", re.IGNORECASE
)


def into_document(clause: str) -> bool:
    """Say whether something is to be put into a document: `… in a memo`, `… into one short report`."""
    return bool(_INTO_DOCUMENT.search(clause))


_ON_WEB = re.compile(
    r"^(?:search|ask|consult|query|use|check)(?: on)?(?: the)?(?: whole| entire)? (?:web|internet)\b"
    r"|\b(?:on|from|in|over|across) the (?:web|internet)\b"
    r"|^(?:search|find(?: out)?|look(?: up)?|check) online\b|\bonline$",
    re.IGNORECASE,
)


def names_web(clause: str) -> bool:
    """Say whether something is to be looked up on the web, by an order or a question that says so."""
    return bool(_ON_WEB.search(clause.strip(" .?!")))


def is_question(clause: str) -> bool:
    """Say whether the clause is put as a question."""
    return bool(_QUESTION.match(clause.strip()))


def wants_figures(clause: str) -> bool:
    """Say whether the clause speaks of totals, counts, extremes or groups."""
    return bool(_FIGURES.search(clause))


def groups(clause: str) -> bool:
    """Say whether the clause asks for something by, per or for each group."""
    return bool(_GROUPING.search(clause))


def text_says(clause: str) -> bool:
    """Say whether the clause asks for what some text says."""
    return bool(_TEXT_SAYS.search(clause))


def names_document_phrase(clause: str) -> bool:
    """Say whether the clause names a document by a phrase of several words (one-pager, press release, …)."""
    return bool(_DOCUMENT.search(clause))


def names_document(clause: str) -> bool:
    """Say whether the clause names a kind of document that one can write (report, memo, letter, …)."""
    return bool(_DOCUMENT.search(clause)) or bool(DOCUMENTS.intersection(stems(clause)))


def starts_work(words: list[str], following: str) -> bool:
    """Say whether a clause that begins with `words` is an order: a verb, and for noun-like ones what follows it."""
    if not words or stem(words[0]) not in WORK_VERBS:
        return False
    if stem(words[0]) not in NOUN_VERBS:
        return True
    return bool(
        re.match(
            r"(?:the|a|an|each|every|all|both|my|our|me|us|what|which|how|up|it|them|any|where|this|these|"
            r"those|for|with|out)\b"
            r"|\S+\.\w{2,4}\b",
            following,
            re.IGNORECASE,
        )
    )
