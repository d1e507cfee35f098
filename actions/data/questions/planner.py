"""`plan_question`: a question in plain English to a `Plan`. Rule: pure, and the plan says what was understood."""

import re
from dataclasses import dataclass, replace
from datetime import date

from pgswarm.actions.data.figures import roles
from pgswarm.actions.data.figures.plan import Condition, How, Key, Measure, Part, Plan, Rank
from pgswarm.actions.data.questions import figures, lexicon
from pgswarm.actions.data.questions.comparisons import Unclear, take_comparisons
from pgswarm.actions.data.questions.keys import Keys, take_keys
from pgswarm.actions.data.questions.mentions import Doubt, take_flags, take_values
from pgswarm.actions.data.questions.sentence import Sentence
from pgswarm.actions.data.questions.times import take_times
from pgswarm.actions.data.tables.values import Table
from pgswarm.actions.data.words import stems_of

_SENTENCES = re.compile(r"(?<=[?;!])\s+|(?<=[a-z)\"'])\.\s+(?=[A-Z])|\n+")
_FOLLOW = re.compile(r",?\s+and\s+(?:also\s+)?(?=(?:which|what|how|who|when|where|in which|on which)\b)", re.IGNORECASE)
_MAX_KEYS = 2
_MAX_QUESTION = 4_000
_TRIGGERS = frozenset(lexicon.HOW) | lexicon.SHARE | lexicon.FREQUENT


@dataclass(frozen=True, slots=True)
class NeedsClarification:
    """The question cannot be told. `message` says why and what there is.

    `choices` are columns that `wanted`, words of the question, may mean; `with_choice` gives the question anew.
    """

    message: str
    wanted: str = ""
    choices: tuple[str, ...] = ()


def plan_question(question: str, table: Table) -> Plan | NeedsClarification:
    """Return what `question` asks of `table`; of several sentences, the first that asks for figures."""
    plans = plan_questions(question, table)
    return plans if isinstance(plans, NeedsClarification) else plans[0]


def plan_questions(text: str, table: Table) -> list[Plan] | NeedsClarification:
    """Return a plan for each question in `text`, in order; a follow-up (`and which is the highest?`) joins the last."""
    plans: list[Plan] = []
    problem: NeedsClarification | None = None
    parts = [part.strip() for part in _SENTENCES.split(text[:_MAX_QUESTION]) if part and part.strip()]
    asking = [part for part in parts if asks_for_figures(part)] or parts
    for part in asking:
        for piece in _FOLLOW.split(part):
            found = _plan(piece, table)
            if isinstance(found, Plan):
                plans.append(found)
            elif plans:
                joined = _follow_up(piece, plans[-1])
                plans += [joined] if joined else []
                problem = problem if joined else found
            else:
                problem = problem or found
    if plans and not (problem and problem.choices):
        return list(dict.fromkeys(plans))
    return problem or NeedsClarification(f"The question is empty. {_columns(table)}")


def with_choice(question: str, unclear: NeedsClarification, column: str) -> str:
    """Return the question with the column that a person chose for its unclear words."""
    start = question.lower().find(unclear.wanted.lower()) if unclear.wanted else -1
    if start < 0:
        return f"{question.rstrip(' .?!')} ({column})"
    return f"{question[:start]}{column} {question[start:]}"


def asks_for_figures(text: str) -> bool:
    """Return whether a sentence asks for a figure (a total, a count, a comparison), whatever the table is."""
    low = text.lower()
    if re.search(r"\bhow (many|much|often)\b|\b(per|by|for each|for every|in each) \w+", low):
        return True
    words = re.findall(r"[a-z]+", low)
    named = _TRIGGERS | lexicon.MOST | lexicon.LEAST | frozenset(lexicon.ADJECTIVES) | frozenset(lexicon.PERIODS)
    return any(word in named for word in words) or bool(set(stems_of(text)) & _TRIGGERS)


def _plan(question: str, table: Table) -> Plan | NeedsClarification:
    sentence = Sentence.parse(question, table)
    unsupported = sorted({w.text for w in sentence.words if w.stem in lexicon.UNSUPPORTED} - _names(table))
    if unsupported:
        return NeedsClarification(
            f"Cannot compute {' and '.join(unsupported)}: totals, means, medians, counts, shares, highest and lowest "
            f"by group can be asked. {_columns(table)}"
        )
    conditions: list[Condition] = []
    for found in (*take_comparisons(sentence), *take_times(sentence), *take_values(sentence)):
        if isinstance(found, Unclear | Doubt):
            return _which_column(found.text, found.columns, table)
        conditions.append(found)
    cues = figures.read_cues(sentence)
    keys = take_keys(sentence, ranked=cues.rank is not None)
    if keys.unknown and not keys.found:
        return _which_column(keys.unknown[0], (), table)
    if len(keys.found) > _MAX_KEYS:
        names = ", ".join(map(str, keys.found))
        return NeedsClarification(f"At most {_MAX_KEYS} groupings at once; the question has {names}.")
    if cues.share or cues.many is not None:
        conditions += take_flags(sentence)
    return _with_figures(sentence, cues, keys, conditions)


def _with_figures(
    sentence: Sentence, cues: figures.Cues, keys: Keys, conditions: list[Condition]
) -> Plan | NeedsClarification:
    having = _having(conditions, keys, cues, sentence.table)
    measures: tuple[Measure, ...] | figures.Unsure
    if having is not None:
        conditions.remove(having)
        measures = (Measure(How.SUM, having.column),)
    else:
        measures = figures.choose(sentence, cues, [key.column for key in keys.found])
    if isinstance(measures, figures.Unsure):
        return _which_column(measures.wanted, measures.columns, sentence.table)
    if cues.rank is not None and not keys.found and not conditions and all(m.column is None for m in measures):
        left = " ".join(sentence.words[i].text for i in sentence.content()) or "highest"
        return _which_column(left, (), sentence.table)
    return replace(_assemble(sentence, cues, keys, measures, conditions), having=having)


def _assemble(
    sentence: Sentence, cues: figures.Cues, keys: Keys, measures: tuple[Measure, ...], conditions: list[Condition]
) -> Plan:
    found = keys.found
    if not found:
        found = [Key(c.column, c.part) for c in conditions if c.op == "=" and len(c.values) > 1][:1]
    if not found and cues.frequent and cues.many is None:
        found = [Key(column.name) for column in sentence.table.columns if _mentioned(sentence, column.name)][:1]
    rank = cues.rank if found else None
    if cues.frequent and found and rank is None:
        rank = Rank(descending=True, limit=None if keys.plural else 1)
    if rank is not None and rank.limit == 1 and not keys.asked:
        rank = replace(rank, limit=None)
    part = _part(sentence, cues, measures, found, conditions)
    plan = Plan(
        measures=measures,
        keys=tuple(found),
        conditions=tuple(c for c in conditions if c not in part),
        part=part,
        rank=rank,
        share=cues.share,
        unused=_unused(sentence),
    )
    return replace(plan, also=_other_reading(plan, sentence.table))


def _part(
    sentence: Sentence, cues: figures.Cues, measures: tuple[Measure, ...], keys: list[Key], conditions: list[Condition]
) -> tuple[Condition, ...]:
    """Of `what share of the days in 2014 were rainy`, what makes the part; the rest says of which whole."""
    if not cues.share or (keys and measures[0].column is not None):
        return ()
    said = [c for c in conditions if c.part is None and not sentence.table.column(c.column).temporal]
    plain = [c for c in said if c.column not in sentence.placed]
    return tuple(plain or ([] if keys else said))


def _having(conditions: list[Condition], keys: Keys, cues: figures.Cues, table: Table) -> Condition | None:
    """`which products sold more than 50 units` is about the total of each product, not about single rows."""
    if not keys.asked or cues.rank is not None or cues.hows:
        return None
    for condition in conditions:
        column = table.column(condition.column)
        if condition.op in (">", ">=", "<", "<=") and roles.is_measure(column) and not roles.is_rate(column):
            return condition
    return None


def _other_reading(plan: Plan, table: Table) -> Plan | None:
    """`which month` in a table of several years: March 2019 or any March; both are given."""
    if len(plan.keys) != 1 or plan.keys[0].part is not Part.MONTH:
        return None
    years = {value.year for value in table.column(plan.keys[0].column).values if isinstance(value, date)}
    if len(years) <= 1:
        return None
    return replace(plan, keys=(Key(plan.keys[0].column, Part.MONTH_OF_YEAR),), also=None)


def _follow_up(piece: str, before: Plan) -> Plan | None:
    """`… and which is the highest?` asks for the top of what was asked before."""
    words = {word.lower() for word in re.findall(r"[A-Za-z]+", piece)}
    high, low = bool(words & lexicon.MOST), bool(words & lexicon.LEAST)
    if not before.keys or high == low:
        return None
    return replace(before, rank=Rank(high, 1))


def _unused(sentence: Sentence) -> tuple[str, ...]:
    """Proper names and quoted words that found no use: a reader must know that they choose no rows."""
    known = set(stems_of(sentence.table.name))
    for column in sentence.table.columns:
        known |= set(stems_of(column.name))
    return tuple(
        word.text
        for i, word in enumerate(sentence.words)
        if i > 0
        and i not in sentence.taken
        and word.capital
        and word.stem not in known | lexicon.STOP | lexicon.ROW_NOUNS
        and sentence.joined(i - 1, i)
        and not word.text.isupper()
    )


def _mentioned(sentence: Sentence, name: str) -> bool:
    return bool(set(stems_of(name)) & {word.stem for word in sentence.words})


def _names(table: Table) -> set[str]:
    return {word for column in table.columns for word in re.findall(r"[A-Za-z]+", column.name)}


def _which_column(wanted: str, columns: tuple[str, ...], table: Table) -> NeedsClarification:
    what = f"{wanted!r} means" if wanted else "the question wants figures of"
    return NeedsClarification(f"Could not tell which column {what}. {_columns(table)}", wanted, columns)


def _columns(table: Table) -> str:
    return f"The columns of {table.name} are: {', '.join(column.name for column in table.columns)}."
