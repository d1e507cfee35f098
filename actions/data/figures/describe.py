"""`describe`: what a table holds, without a question. Rule: bounded; the most telling figures first."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pgswarm.actions.data.figures import render, roles
from pgswarm.actions.data.figures.compute import compute
from pgswarm.actions.data.figures.measured import mean, median, total
from pgswarm.actions.data.figures.plan import How, Key, Measure, Part, Plan
from pgswarm.actions.data.tables.values import Column, Table, Value

_MAX_COLUMNS = 60
_MAX_GROUPINGS = 4
_MAX_MEASURES = 5
_MAX_EXAMPLES = 5
_MAX_NOTES = 20


def describe(table: Table) -> str:
    """Return a Markdown description: size, columns with types and figures, groupings by columns of few values."""
    parts = [f"{table.name}: {table.rows} rows, {len(table.columns)} columns ({_names(table)})."]
    figures = [c for c in table.columns if roles.is_measure(c)][:_MAX_COLUMNS]
    parts += [_columns(table)]
    if figures:
        parts += ["Figures:", render.markdown(*_figures(table, figures))]
    for key in _keys(table)[:_MAX_GROUPINGS]:
        result = compute(Plan(_measures(table), (key,)), table)
        parts += [f"By {key}:", render.result_table(result, table)]
    parts += [f"Note: {note}" for note in table.notes[:_MAX_NOTES]]
    return "\n\n".join(part for part in parts if part)


def headline(table: Table) -> str:
    """Return the description in one line: size, span of time, totals and means."""
    facts = [f"{table.name} has {table.rows} rows and {len(table.columns)} columns ({_names(table)})"]
    for column in table.columns:
        if column.temporal and any(value is not None for value in column.values):
            present = [value for value in column.values if value is not None]
            facts.append(f"{column.name} from {min(map(str, present))} to {max(map(str, present))}")
    for measure in _measures(table)[:_MAX_MEASURES]:
        if measure.column:
            overall = compute(Plan((measure,)), table).overall.figures[0]
            facts.append(f"{measure} {render.figure(overall, measure, table)}")
    return "; ".join(facts) + "."


def _names(table: Table) -> str:
    names = ", ".join(column.name for column in table.columns[:_MAX_COLUMNS])
    return names + (", …" if len(table.columns) > _MAX_COLUMNS else "")


def _columns(table: Table) -> str:
    rows = []
    for column in table.columns[:_MAX_COLUMNS]:
        present = [value for value in column.values if value is not None]
        distinct = set(present)
        rows.append(
            [
                render.cell(column.name),
                column.kind + (f" ({column.unit})" if column.unit else ""),
                str(len(distinct)),
                str(len(column.values) - len(present)),
                _examples(column, distinct),
            ]
        )
    return render.markdown(["column", "type", "distinct", "missing", "values"], rows)


def _span(values: Iterable[Any]) -> tuple[Value, Value]:
    """Values of one column are all of one type, which the type checker cannot see."""
    found = sorted(values)
    return found[0], found[-1]


def _examples(column: Column, distinct: set[Value]) -> str:
    if not distinct:
        return ""
    if column.temporal or column.numeric:
        low, high = _span(distinct)
        return f"{render.cell(low)} to {render.cell(high)}"
    counts: dict[Value, int] = {}
    for value in column.values:
        if value is not None:
            counts[value] = counts.get(value, 0) + 1
    common = sorted(counts, key=lambda value: -counts[value])[:_MAX_EXAMPLES]
    repeated = counts[common[0]] > 1
    text = ", ".join(render.cell(value) + (f" ({counts[value]})" if repeated else "") for value in common)
    return text + (", …" if len(counts) > _MAX_EXAMPLES else "")


def _figures(table: Table, columns: list[Column]) -> tuple[list[str], list[list[str]]]:
    rows = []
    for column in columns:
        numbers = [value for value in column.values if isinstance(value, Decimal)]
        shown = {
            How.SUM: total(numbers),
            How.MEAN: mean(numbers),
            How.MEDIAN: median(numbers),
            How.MIN: min(numbers),
            How.MAX: max(numbers),
        }
        cells = [render.figure(value, Measure(how, column.name), table) for how, value in shown.items()]
        rows.append([render.cell(column.name), *cells])
    return ["column", *map(str, (How.SUM, How.MEAN, How.MEDIAN, How.MIN, How.MAX))], rows


def _measures(table: Table) -> tuple[Measure, ...]:
    """Totals of what adds up, means of what does not; a count where there is neither."""
    found = [Measure(How.MEAN if roles.is_rate(column) else How.SUM, column.name) for column in roles.measures(table)]
    return tuple(found[:_MAX_MEASURES]) or (Measure(How.COUNT),)


def _keys(table: Table) -> list[Key]:
    keys = [Key(column.name) for column in roles.categories(table)]
    for column in table.columns:
        if column.temporal:
            days = {value for value in column.values if value is not None}
            years = {str(day)[:4] for day in days}
            months = {str(day)[:7] for day in days}
            if 1 < len(years) < len(days):
                keys.insert(0, Key(column.name, Part.YEAR))
            elif 1 < len(months) < len(days):
                keys.insert(0, Key(column.name, Part.MONTH))
    return keys
