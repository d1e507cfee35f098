"""Figures as text: one line that answers, a small table that shows. Rule: figures are written plain and exact."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from pgswarm.actions.data.figures.compute import Group, Result
from pgswarm.actions.data.figures.plan import How, Measure
from pgswarm.actions.data.tables.values import Table

MAX_SHOWN = 60
_MAX_IN_LINE = 12
_MIN_PLACES = 2
_MAX_CELL = 60
_ROUNDED = frozenset({How.MEAN, How.MEDIAN})
_WIDE = Context(prec=200)


def number(value: Decimal, *, places: int | None = None) -> str:
    """Return a number without an exponent; `places` rounds half up (small numbers keep two significant digits)."""
    if places is not None:
        lead = -value.adjusted() if value else 0
        places = places if lead < 1 else max(places, lead + 1)
        value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE)
    elif value.as_tuple().exponent not in (0, "F") and value == value.to_integral_value(context=_WIDE):
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent > 0:
            value = value.quantize(Decimal(1), context=_WIDE)
    return f"{value:f}"


def with_unit(text: str, unit: str) -> str:
    """Return the figure with its unit where people write it: `$5`, `5%`, `5 kg`."""
    if not unit:
        return text
    if unit in ("%", "°") or unit.startswith("°"):
        return text + unit
    if not unit[-1].isalnum():
        return f"-{unit}{text[1:]}" if text.startswith("-") else unit + text
    return f"{text} {unit}"


def figure(value: Any, measure: Measure, table: Table) -> str:
    """Return one figure of `measure` as text, means rounded to two places or those of the column."""
    if value is None:
        return "none"
    if not isinstance(value, Decimal):
        return cell(value)
    if measure.column is None or measure.how in (How.COUNT, How.DISTINCT):
        return number(value)
    column = table.column(measure.column)
    if measure.how not in _ROUNDED:
        return with_unit(number(value), column.unit)
    places = max((-_exponent(v) for v in column.values[:1000] if isinstance(v, Decimal)), default=0)
    if measure.how is How.MEDIAN and -_exponent(value) <= max(places, 1):
        return with_unit(number(value), column.unit)
    return with_unit(number(value, places=max(_MIN_PLACES, places)), column.unit)


def cell(value: Any) -> str:
    """Return a key or a text value for a table."""
    if value is None:
        return "(missing)"
    text = number(value) if isinstance(value, Decimal) else str(value)
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…"


def percent(value: Decimal) -> str:
    """Return a share with one place."""
    return number(value, places=1) + "%"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join("---" for _ in header) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def result_table(result: Result, table: Table) -> str:
    """Return the groups as a Markdown table; '' where there are none."""
    if not result.plan.keys or not result.groups:
        return ""
    plan = result.plan
    counts = any(measure.column is not None for measure in plan.measures)
    header = [*map(str, plan.keys), *map(str, plan.measures), *(["share"] if plan.share else [])]
    header += ["rows"] if counts else []
    rows = []
    limit = max(MAX_SHOWN, plan.rank.limit or 0) if plan.rank else MAX_SHOWN
    for group in _shown(result)[:limit]:
        row = [*map(cell, group.key), *_figures(group, result, table)]
        rows.append(row + ([str(group.rows)] if counts else []))
    text = markdown(header, rows)
    left = len(_shown(result)) - limit
    return text if left <= 0 else f"{text}\n\n… and {left} more groups."


def sentence(result: Result, table: Table) -> str:
    """Return the answer in one line."""
    plan = result.plan
    where = f" (where {' and '.join(map(str, plan.conditions))})" if plan.conditions else ""
    if plan.part:
        where = f" with {' and '.join(map(str, plan.part))}{where}"
    if plan.having is not None and not result.groups:
        return f"No {plan.keys[0]} has a {plan.measures[0]} {plan.having.op} {plan.having.values[0]}{where}."
    if result.overall.rows == 0:
        return f"No row fits{where or ': the table has no rows'}."
    if not plan.keys:
        return _overall_sentence(result, table) + where + "."
    by = " and ".join(map(str, plan.keys))
    if plan.rank and plan.rank.limit == 1:
        best = result.picked
        names = " and ".join(_name(group) for group in best[:_MAX_IN_LINE])
        word = "highest" if plan.rank.descending else "lowest"
        what = str(plan.measures[0]).removeprefix(word + " ")
        verb = "has" if len(best) == 1 else "have"
        return f"{names} {verb} the {word} {what} by {by}{where}: {_value(best[0], result, table)}."
    shown = result.picked if plan.rank and plan.rank.limit else result.groups
    some = shown[:_MAX_IN_LINE]
    text = "; ".join(f"{_name(group)} {_value(group, result, table)}" for group in some)
    title = f"{plan.measures[0] if not plan.share else 'share of ' + str(plan.measures[0])} by {by}{where}"
    left = f"; and {len(shown) - len(some)} more" if len(shown) > len(some) else ""
    return f"{title[0].upper()}{title[1:]}: {text}{left}.{_extremes(result, table)}"


def _overall_sentence(result: Result, table: Table) -> str:
    plan, overall = result.plan, result.overall
    if plan.share and overall.share is not None:
        what = str(plan.measures[0]).removeprefix("number of ")
        return f"{percent(overall.share)} of {what}, {_value_of(overall, 0, result, table)},"
    parts = [f"the {m} is {_value_of(overall, i, result, table)}" for i, m in enumerate(plan.measures)]
    text = " and ".join(parts)
    rows = f" ({overall.rows} rows)" if plan.measures[0].column else ""
    return text[0].upper() + text[1:] + rows


def _extremes(result: Result, table: Table) -> str:
    """Say highest and lowest where the groups are not in the order of the figure, and the figure of all."""
    groups = [group for group in result.groups if isinstance(group.figures[0], Decimal)]
    text = ""
    if len(groups) > _MIN_PLACES and result.plan.rank is None:
        high = max(groups, key=lambda g: Decimal(str(g.figures[0])))
        low = min(groups, key=lambda g: Decimal(str(g.figures[0])))
        text = (
            f" Highest: {_name(high)} {_value(high, result, table)}; lowest: {_name(low)} {_value(low, result, table)}."
        )
    return f"{text} All rows together: {_value_of(result.overall, 0, result, table)}."


def _shown(result: Result) -> tuple[Group, ...]:
    rank = result.plan.rank
    return result.picked if rank and rank.limit and rank.limit > 1 else result.groups


def _name(group: Group) -> str:
    return ", ".join(map(cell, group.key))


def _value(group: Group, result: Result, table: Table) -> str:
    value = _value_of(group, 0, result, table)
    if group.share is not None:
        return f"{percent(group.share)} ({value})"
    more = [f"{m} {_value_of(group, i, result, table)}" for i, m in enumerate(result.plan.measures) if i]
    return f"{value} ({', '.join(more)})" if more else value


def _value_of(group: Group, index: int, result: Result, table: Table) -> str:
    return figure(group.figures[index], result.plan.measures[index], table)


def _figures(group: Group, result: Result, table: Table) -> list[str]:
    figures = [_value_of(group, i, result, table) for i in range(len(group.figures))]
    return figures + ([percent(group.share)] if group.share is not None else ["none"] if result.plan.share else [])


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
