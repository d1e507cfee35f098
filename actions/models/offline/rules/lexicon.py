"""The kinds of work that rules know, and the words that people use for them. Data only, plus `kind_of`.

A kind is told by its leading verb first, then by what the rest of the clause speaks of. Nothing here knows a file, a
column or a goal.
"""

import re
from enum import StrEnum

from pgswarm.actions.models.offline.rules.words import stem, stem_set, stems


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
    OTHER = "other"
    """Work that is asked for and that rules cannot do."""
    REMARK = "remark"
    """Says how or why, asks for nothing by itself."""


SUMMARY_VERBS = stem_set("summarise summarize condense recap digest outline abridge describe characterise".split())
WRITE_VERBS = stem_set(
    "write draft compose prepare produce create make author generate deliver pen assemble turn put finish end conclude "
    "close".split()
)
COMPUTE_VERBS = stem_set("compute calculate total sum count average tally rank aggregate add tot figure".split())
FIND_VERBS = stem_set(
    "find locate look search quote cite check extract identify pull spot hunt discover dig point trace".split()
)
ASK_VERBS = stem_set("ask inquire enquire".split())
SAVE_VERBS = stem_set("save store keep file remember archive".split())
LIST_VERBS = stem_set("list enumerate".split())
READ_VERBS = stem_set("read display print open".split())
NEUTRAL_VERBS = stem_set(
    "give tell show report say provide get work determine answer let present state name explain see know learn want need "
    "offer hand supply send share boil shorten reduce sketch use".split()
)
OTHER_VERBS = stem_set(
    "translate build code program implement fix debug email mail book order buy design draw paint plan invent compare "
    "predict forecast classify cluster train deploy install test refactor optimise organise schedule call browse "
    "download fetch scrape visit render plot chart graph convert format transform rewrite proofread edit improve "
    "critique evaluate assess judge recommend suggest advise brainstorm imagine solve prove simulate model analyse "
    "analyze research investigate negotiate contact invite sing compose run execute delete remove rename move merge "
    "combine verify validate monitor watch record play publish post upload sort filter clean".split()
)
NOUN_VERBS = stem_set("report total sum count average list order quote file figure rank end plan design model test "
                      "record plot chart graph mail email book call post watch play format draft outline digest "
                      "search point check state share need use name answer look abstract keep".split())
"""Verbs that are as often nouns: they begin a clause only before a determiner or a name."""

WORK_VERBS = (
    SUMMARY_VERBS | WRITE_VERBS | COMPUTE_VERBS | FIND_VERBS | ASK_VERBS | SAVE_VERBS | LIST_VERBS | READ_VERBS
    | NEUTRAL_VERBS | OTHER_VERBS
)

SUMMARY_NOUNS = stem_set("summary overview gist digest recap abstract synopsis outline tldr essence précis".split())
DOCUMENTS = stem_set(
    "report memo memorandum brief briefing letter note statement paper article page pager onepager essay newsletter "
    "document handout bulletin factsheet piece post email writeup".split()
)

_SUMMARY_PHRASES = re.compile(
    r"\b(sum(?:ming|s|med)? up|boil(?:ing|s|ed)? (?:\S+ ){0,6}down|in a nutshell|tl;?dr|(?:main|key|chief|essential) "
    r"(?:points?|ideas?|messages?|facts?)|in brief|short version|what (?:\S+ ){1,6}(?:is|are) about)\b",
    re.IGNORECASE,
)
_GROUPING = re.compile(
    r"\b(?:by|per|for (?:each|every)|in (?:each|every)|(?:grouped|broken down|split) by|for all the|across)\b",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    r"\b(totals?|sums?|add(?:s|ed|ing)? up|averages?|mean|medians?|how (?:many|much|often)|number of|count|counts|"
    r"largest|smallest|highest|lowest|greatest|biggest|fewest|most|least|maximum|minimum|max|min|top (?:\d+|two|three|"
    r"four|five|six|ten)|bottom (?:\d+|two|three|five|ten)|shares? of|percentages?|percent|proportion|breakdown|"
    r"distribution|rank(?:s|ed|ing)?|tall(?:y|ies)|overall|combined|altogether|wettest|driest|hottest|coldest|"
    r"warmest|best|worst|windiest|busiest|cheapest|dearest|longest|shortest|oldest|youngest|tallest|heaviest)\b",
    re.IGNORECASE,
)
_ARITHMETIC = re.compile(
    r"\b(totals?|sum|averages?|mean|medians?|how many|how much|number of|count)\b", re.IGNORECASE
)
_TEXT_SAYS = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|mentions?|states?|tells? us|passages?|quot(?:e|es|ed|ing|ation|ations)|cit(?:e|es|ed|ing)|"
    r"according to|written|verbatim|word for word|excerpts?|wording|claims?|argues?|describes?|requires?|provides?)\b",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(r"\b(one[- ]?pagers?|write[- ]?ups?|fact ?sheets?|white ?papers?|press releases?)\b", re.IGNORECASE)
_QUESTION = re.compile(r"^(?:what|which|who|whom|whose|when|where|why|how|does|do|did|is|are|was|were|has|have)\b", re.I)


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


def names_document(clause: str) -> bool:
    """Say whether the clause names a kind of document that one can write (report, memo, letter, …)."""
    return bool(_DOCUMENT.search(clause)) or bool(DOCUMENTS.intersection(stems(clause)))


def kind_of(clause: str, *, has_table: bool = True, has_text: bool = True) -> Kind:
    """Say what kind of work a clause asks for; `has_table` and `has_text` say which files there are.

    The leading verb decides where it is plain; a verb that only points ("give", "tell") leaves it to the rest.
    """
    words = stems(clause)
    if not words:
        return Kind.REMARK
    verb = words[0]
    figures = wants_figures(clause) and (has_table or not has_text)
    says = text_says(clause)
    if _SUMMARY_PHRASES.search(clause) and not (figures and groups(clause)) and not is_question(clause):
        return Kind.WRITE if _writes(verb, clause) else Kind.SUMMARISE
    if verb in ASK_VERBS:
        return Kind.ASK
    if verb in SUMMARY_VERBS:
        return Kind.SUMMARISE
    if verb in COMPUTE_VERBS and not (verb in NOUN_VERBS and names_document(clause)):
        return Kind.COMPUTE
    if verb in WRITE_VERBS:
        return _written(clause, figures=figures)
    if verb in SAVE_VERBS:
        return Kind.SAVE
    if verb in LIST_VERBS and _about_files(clause):
        return Kind.LIST
    if verb in READ_VERBS and _about_files(clause):
        return Kind.READ
    if verb in FIND_VERBS or verb in LIST_VERBS or verb in READ_VERBS:
        return Kind.COMPUTE if figures and not says and has_table else Kind.FIND
    if verb in OTHER_VERBS and not is_question(clause):
        return Kind.OTHER
    return _by_content(clause, figures=figures, says=says, has_text=has_text)


def _writes(verb: str, clause: str) -> bool:
    return verb in WRITE_VERBS and names_document(clause) and not SUMMARY_NOUNS.intersection(stems(clause))


def _about_files(clause: str) -> bool:
    return bool(re.search(r"\b(?:files?|documents?|attachments?|memory)\b|\S\.(?:\w{2,4})\b", clause, re.IGNORECASE))


def _written(clause: str, *, figures: bool) -> Kind:
    """What a writing verb makes: its first object noun decides (a summary, a document, a figure)."""
    for word in stems(clause):
        if word in DOCUMENTS:
            return Kind.WRITE
        if word in SUMMARY_NOUNS:
            return Kind.WRITE if names_document(clause) else Kind.SUMMARISE
    if names_document(clause):
        return Kind.WRITE
    return Kind.COMPUTE if figures else Kind.OTHER


def _by_content(clause: str, *, figures: bool, says: bool, has_text: bool) -> Kind:
    words = stems(clause)
    question = is_question(clause)
    heads = words[:6]
    if not question:
        for word in heads:
            if word in SUMMARY_NOUNS:
                return Kind.SUMMARISE
            if word in DOCUMENTS and (names_document(" ".join(heads)) and not says):
                return Kind.WRITE
        if _DOCUMENT.search(" ".join(clause.split()[:7])):
            return Kind.WRITE
    if says and has_text:
        return Kind.FIND
    if figures:
        return Kind.COMPUTE
    if question or words[0] in NEUTRAL_VERBS:
        return Kind.FIND
    if groups(clause) and _ARITHMETIC.search(clause):
        return Kind.COMPUTE
    return Kind.REMARK


def starts_work(words: list[str], following: str) -> bool:
    """Say whether a clause that begins with `words` is an order: a verb, and for noun-like ones what follows it."""
    if not words or stem(words[0]) not in WORK_VERBS:
        return False
    if stem(words[0]) not in NOUN_VERBS:
        return True
    return bool(
        re.match(
            r"(?:the|a|an|each|every|all|both|my|our|me|us|what|which|how|up|it|them|any|where|this|these|those|for|with)\b"
            r"|\S+\.\w{2,4}\b",
            following,
            re.IGNORECASE,
        )
    )
