"""A goal as parts: pieces of work of a known kind, each with a directive of its own, and in which order. Pure.

`explicit` gives what the goal says; `planned` adds what its parts need and the goal leaves out: a question for the
audience of a document, and material to write from. A directive made here is read back as the same single part.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pgswarm.actions.models.offline.rules import slots
from pgswarm.actions.models.offline.rules.clauses import clauses, listed
from pgswarm.actions.models.offline.rules.errors import needs_model
from pgswarm.actions.models.offline.rules.files import (
    GROUP,
    FileInfo,
    columns_fit,
    mentioned,
    named,
    named_directive,
)
from pgswarm.actions.models.offline.rules.kinds import kind_of
from pgswarm.actions.models.offline.rules.lexicon import Kind, groups, is_question, text_says, wants_figures
from pgswarm.actions.models.offline.rules.words import content, fold, stem_list, stems

MAX_PARTS = 40
MAX_GOAL = 20_000
MAX_WORD = 120
ASK_PREFIX = "Ask the user: "

_DETAIL = stem_list("details")
_LEADS_DETAIL = stem_list("leads_to_details")
_RESULTS = re.compile(
    r"\b(?:results?|findings|answers|summaries|(?:all|everything) (?:of )?(?:the )?(?:above|this|that|"
    r"you (?:find|found))|"
    r"what you (?:find|found)|the above|previous|everything)\b",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"^(?:it|they|this|these|those|that|there|here|the|my|our|we|i|you|attached|note that|remember|keep|be|"
    r"use|avoid|limit|"
    r"do not|don't|never|always|no|in|at|not|make it|make them|make sure|all|a|an|its|their)\b",
    re.IGNORECASE,
)
_MANNER = re.compile(
    r"^(?:keep (?:it|them|this|everything|things)|make (?:it|them) (?!into)|be \w+|use (?:plain|simple|short|"
    r"only|the)|avoid|limit|"
    r"do not|don't|never|always|no (?:more|longer)|at most|not more)\b",
    re.IGNORECASE,
)
_CONTENTS = re.compile(
    r"\b(?:with|including|containing|covering|that (?:gives|has|shows)|showing)\s+(?P<contents>.+)", re.IGNORECASE
)
_THING = re.compile(r"(?:an?|the|some|one|two|three) \w", re.IGNORECASE)
_PRELUDE = re.compile(
    r"(?:read|look (?:at|through)|go through|open|use|take|study|have a look at|(?:analyse|analyze|examine) [^,:]*$)\b",
    re.IGNORECASE,
)
_LONG_WORD = re.compile(rf"\S{{{MAX_WORD},}}")
_FILE_NAME = re.compile(
    r"(?<![\w/.-])[\w-][\w./-]*\.(?:csv|tsv|txt|md|json|pdf|docx?|xlsx?|html?|rst|tab|log|xml|ya?ml)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of work: its kind, the directive to give, the files it speaks of, and the round it can start in."""

    kind: Kind
    directive: str
    files: tuple[str, ...] = ()
    stage: int = 0


def explicit(goal: str, files: Sequence[FileInfo]) -> list[Part]:
    """Return the parts that the goal itself asks for, in its order."""
    found: list[Part] = []
    remarks: list[str] = []
    for part in _read(goal, files):
        if part.kind is Kind.REMARK:
            remarks.append(part.directive)
        elif found and _is_detail(part, found[-1]):
            found[-1] = replace(found[-1], directive=f"{found[-1].directive.rstrip('?.')} and {_lower(part.directive)}")
        else:
            found.extend(_for_each_file(part, files))
    if len(found) > MAX_PARTS:
        raise needs_model(f"A directive of {len(found)} parts (rules manage {MAX_PARTS})")
    found = _apply_remarks(found, remarks)
    return [replace(part, stage=_stage(part, found)) for part in _unique(found)]


def planned(
    goal: str, files: Sequence[FileInfo], *, material: bool = False, audience_known: bool = False
) -> list[Part]:
    """Return every part that has to be done; `material` says that there are earlier results to write from."""
    parts = explicit(goal, files)
    writes = [part for part in parts if part.kind is Kind.WRITE]
    if not writes:
        return parts
    first = writes[0]
    others = [part for part in parts if part.kind not in {Kind.WRITE, Kind.SAVE, Kind.ASK}]
    added: list[Part] = []
    if not others and not material and files:
        added = _material(first, files)
    unknown = all(slots.audience(part.directive) is None for part in writes)
    if unknown and not audience_known:
        parts = [p for p in parts if not (p.kind is Kind.ASK and slots.asks_audience([p.directive]))]
        added.append(Part(Kind.ASK, f"{ASK_PREFIX}Who is the {slots.document(first.directive)} for?"))
    both = [*added, *parts]
    return [replace(part, stage=_stage(part, both)) for part in both]


def key(directive: str) -> str:
    """Return what tells one directive from another whatever its case and punctuation."""
    return fold(directive)


def _read(goal: str, files: Sequence[FileInfo]) -> list[Part]:
    if len(goal) > MAX_GOAL:
        raise needs_model(f"A directive of {len(goal):,} characters (rules read {MAX_GOAL:,})")
    if slots.command(goal):
        return [Part(Kind.OTHER, goal)]
    if slots.dictated(goal):
        return [Part(Kind.SAVE, goal)]
    goal = _LONG_WORD.sub(lambda word: word.group()[:MAX_WORD], goal)
    has_table = any(f.is_table for f in files)
    has_text = any(not f.is_table for f in files)
    if goal.startswith(ASK_PREFIX):
        return [Part(Kind.ASK, goal)]
    found = []
    in_list = listed(goal)
    for clause in clauses(goal):
        kind = kind_of(clause, has_table=has_table, has_text=has_text)
        if kind is Kind.FIND and _only_tables(clause, files):
            kind = Kind.COMPUTE
        bare = not in_list and _STATEMENT.match(clause) and not _was_wanted(clause, goal)
        if _MANNER.match(clause) or (bare and _is_statement(clause)):
            kind = Kind.REMARK
        elif kind is Kind.REMARK and _THING.match(clause) and (in_list or _was_wanted(clause, goal)):
            kind = Kind.OTHER  # what is asked for is never passed over
        text = clause if is_question(clause) else clause.rstrip("?")
        found.append(Part(kind, text[:1].upper() + text[1:]))
    preludes = [p for p in found if p.kind is Kind.READ or _is_prelude(p)]
    if len(preludes) < len(found):
        found = [p for p in found if p not in preludes]
    return found


def _only_tables(clause: str, files: Sequence[FileInfo]) -> bool:
    spoken = mentioned(clause, files)
    return bool(spoken) and all(f.is_table for f in spoken)


def _is_prelude(part: Part) -> bool:
    """`Read both files`, `Look at the text`: said before the work that it is for."""
    works = wants_figures(part.directive) or text_says(part.directive) or groups(part.directive)
    return not works and bool(_PRELUDE.match(part.directive))


def _was_wanted(clause: str, goal: str) -> bool:
    before = goal[: max(goal.find(clause), 0)]
    return bool(re.search(r"(?:want|need|like|give me|wish|:)[^.;]*$", before, re.IGNORECASE))


def _is_statement(clause: str) -> bool:
    return bool(
        re.search(
            r"\b(?:is|are|was|were|has|have|contains?|comes?|holds?|lists?|covers?|sell|work|run|should|"
            r"must)\b",
            clause,
        )
    )


def _is_detail(part: Part, before: Part) -> bool:
    """`… and quote the place`, `… and say how much`: how the part before is to be done."""
    words = stems(part.directive)
    meaning = [word for word in content(part.directive) if word not in _DETAIL]
    plain = words[0] in _LEADS_DETAIL and not meaning
    return plain and before.kind in {Kind.FIND, Kind.COMPUTE, Kind.SUMMARISE}


def _for_each_file(part: Part, files: Sequence[FileInfo]) -> list[Part]:
    spoken = mentioned(part.directive, files, writing=part.kind is Kind.WRITE)
    if _FILE_NAME.search(part.directive) and not named(part.directive, files):
        return [part]  # a file that is not there: the action says so
    match part.kind:
        case Kind.SUMMARISE | Kind.READ if not _RESULTS.search(GROUP.sub("", part.directive)):
            return _one_for_each(part, spoken, files)
        case Kind.COMPUTE:
            return [_on_table(part, spoken, files)]
        case Kind.FIND:
            return [replace(part, files=tuple(f.name for f in spoken if not f.is_table))]
    return [replace(part, files=tuple(f.name for f in spoken))]


def _one_for_each(part: Part, spoken: Sequence[FileInfo], files: Sequence[FileInfo]) -> list[Part]:
    if not spoken and not slots.subject(part.directive):
        spoken = files
    if len(spoken) > 1 or (spoken and GROUP.search(part.directive)):
        return [Part(part.kind, named_directive(part.directive, f, files), (f.name,)) for f in spoken]
    if spoken and not named(part.directive, files):
        return [Part(part.kind, f"{part.directive} ({spoken[0].name})", (spoken[0].name,))]
    return [replace(part, files=tuple(f.name for f in spoken))]


def _on_table(part: Part, spoken: Sequence[FileInfo], files: Sequence[FileInfo]) -> Part:
    """The table that the columns point at, by name where there are several."""
    tables = [f for f in files if f.is_table]
    best = _best_table(part.directive, [f for f in spoken if f.is_table] or tables)
    if best and len(tables) > 1 and not named(part.directive, files):
        return Part(part.kind, f"{part.directive.rstrip('?')} (in {best.name})", (best.name,))
    return replace(part, files=(best.name,) if best else ())


def _best_table(clause: str, tables: Sequence[FileInfo]) -> FileInfo | None:
    if len(tables) <= 1:
        return tables[0] if tables else None
    fits = [columns_fit(clause, f) for f in tables]
    best = max(fits)
    return tables[fits.index(best)] if fits.count(best) == 1 else None


def _apply_remarks(parts: list[Part], remarks: list[str]) -> list[Part]:
    """A remark on audience, length or manner belongs to the document, else to what it follows."""
    for remark in remarks:
        about = slots.audience(remark) or slots.words_wanted(remark) or _MANNER.match(remark)
        written = [i for i, part in enumerate(parts) if part.kind is Kind.WRITE][-1:]
        targets = written or [i for i, part in enumerate(parts) if part.kind is Kind.SUMMARISE]
        for index in targets if about else ():
            parts[index] = replace(parts[index], directive=f"{parts[index].directive.rstrip('.')}. {remark}")
    return parts


def _material(write: Part, files: Sequence[FileInfo]) -> list[Part]:
    chosen = [f for f in files if f.name in write.files] or list(files)
    inner = _CONTENTS.search(write.directive)
    if inner:
        wanted = explicit(f"I need {inner['contents']}", files)
        found = [part for part in wanted if part.kind in {Kind.SUMMARISE, Kind.COMPUTE, Kind.FIND}]
        if found:
            return found
    found = [Part(Kind.SUMMARISE, f"Summarise {f.name}", (f.name,)) for f in chosen]
    about = slots.topic(write.directive)
    texts = [f for f in chosen if not f.is_table]
    if about and texts and not mentioned(about, files):
        found.append(
            Part(
                Kind.FIND,
                f"Find what {texts[0].name} says about {about}"
                if len(texts) == 1
                else f"Find what the texts say about {about}",
            )
        )
    return found


def _stage(part: Part, parts: Sequence[Part]) -> int:
    written = any(p.kind is Kind.WRITE for p in parts)
    if part.kind is Kind.WRITE:
        return 1
    if part.kind is Kind.SAVE:
        return 2 if written else 1
    if (
        part.kind in {Kind.SUMMARISE, Kind.ASK}
        and not part.files
        and _RESULTS.search(part.directive)
        and len(parts) > 1
    ):
        return 1
    return 0


def _unique(parts: Sequence[Part]) -> list[Part]:
    return list({key(part.directive): part for part in parts}.values())


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
