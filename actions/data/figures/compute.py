"""`compute`: groups, filters and exact figures. Rule: pure; missing cells never count as zero."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, localcontext
from typing import Any

from pgswarm.actions.data.figures.measured import measured
from pgswarm.actions.data.figures.order import calendar, is_ordered, key_rank
from pgswarm.actions.data.figures.parts import part_of
from pgswarm.actions.data.figures.plan import Condition, How, Key, Measure, Plan
from pgswarm.actions.data.tables.limits import MAX_GROUPS, TableError
from pgswarm.actions.data.tables.values import Table, Value

_SHARE_DIGITS = 40
_OPS: dict[str, Callable[[Any, Sequence[Any]], bool]] = {
    "=": lambda value, given: value in given,
    "!=": lambda value, given: value not in given,
    ">": lambda value, given: bool(value > given[0]),
    ">=": lambda value, given: bool(value >= given[0]),
    "<": lambda value, given: bool(value < given[0]),
    "<=": lambda value, given: bool(value <= given[0]),
    "contains": lambda value, given: given[0].lower() in str(value).lower(),
    "between": lambda value, given: bool(given[0] <= value <= given[1]),
}


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group: `figures` in the order of the plan's measures, None where no cell counts."""

    key: tuple[Any, ...]
    rows: int
    figures: tuple[Decimal | Value | None, ...]
    share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """All groups in order, and the figures of all chosen rows together."""

    plan: Plan
    groups: tuple[Group, ...]
    overall: Group

    @property
    def picked(self) -> tuple[Group, ...]:
        """Return the groups that a ranking asks for; equal ones at the end of the limit are all in."""
        rank = self.plan.rank
        if rank is None or rank.limit is None or rank.limit >= len(self.groups):
            return self.groups
        last = self.groups[rank.limit - 1].figures[0]
        return self.groups[: rank.limit] + tuple(g for g in self.groups[rank.limit :] if g.figures[0] == last)


def compute(plan: Plan, table: Table) -> Result:
    """Return the figures that `plan` asks of `table`; raise `TableError` (`too_many_groups`)."""
    chosen = _chosen(plan.conditions, table, range(table.rows))
    grouped: dict[tuple[Any, ...], list[int]] = {}
    columns = [_key_values(key, table) for key in plan.keys]
    for row in chosen if plan.keys else ():
        grouped.setdefault(tuple(values[row] for values in columns), []).append(row)
        if len(grouped) > MAX_GROUPS:
            raise TableError("too_many_groups", f"More than {MAX_GROUPS:,} groups by {plan.keys[0]}; group by less.")
    whole = _decimal(_figure(plan.measures[0], table, chosen)) if plan.share else None
    overall = _group(plan, table, (), chosen, whole)
    groups = [_group(plan, table, key, rows, whole) for key, rows in grouped.items()]
    if plan.having is not None:
        groups = [group for group in groups if _holds(plan.having, group)]
    named = [calendar(group.key[i] for group in groups) for i in range(len(plan.keys))]
    groups.sort(key=lambda group: tuple(key_rank(k, names=n) for k, n in zip(group.key, named, strict=True)))
    if plan.rank is not None:
        descending = plan.rank.descending
        groups.sort(key=lambda group: _rank(group, descending=descending))
    elif len(plan.keys) == 1 and not is_ordered(group.key[0] for group in groups):
        groups.sort(key=lambda group: _rank(group, descending=True))
    return Result(plan, tuple(groups), overall)


def rows_holding(plan: Plan, table: Table) -> Sequence[int]:
    """Return the rows in which the one highest or lowest value stands that a plan without keys asks for."""
    measure = plan.measures[0]
    if plan.keys or len(plan.measures) > 1 or measure.column is None or measure.how not in (How.MIN, How.MAX):
        return ()
    chosen = _chosen(plan.conditions, table, range(table.rows))
    values = table.column(measure.column).values
    figure = _figure(measure, table, chosen)
    return [row for row in chosen if values[row] == figure and figure is not None]


def _holds(condition: Condition, group: Group) -> bool:
    figure = group.figures[0]
    return isinstance(figure, Decimal) and _OPS[condition.op](figure, condition.values)


def _key_values(key: Key, table: Table) -> Sequence[Any]:
    column = table.column(key.column)
    part = key.part
    if part is None or not column.temporal:
        return column.values
    return [part_of(value, part) if isinstance(value, date) else None for value in column.values]


def _chosen(conditions: Sequence[Condition], table: Table, rows: Sequence[int]) -> Sequence[int]:
    for condition in conditions:
        values = _key_values(Key(condition.column, condition.part), table)
        test, given = _OPS[condition.op], condition.values
        rows = [row for row in rows if values[row] is not None and test(values[row], given)]
    return rows


def _group(plan: Plan, table: Table, key: tuple[Any, ...], rows: Sequence[int], whole: Decimal | None) -> Group:
    share = None
    if plan.part:
        whole = _decimal(_figure(plan.measures[0], table, rows))
        rows = _chosen(plan.part, table, rows)
    figures = tuple(_figure(measure, table, rows) for measure in plan.measures)
    if whole and isinstance(figures[0], Decimal):
        with localcontext(Context(prec=_SHARE_DIGITS)):
            share = figures[0] * 100 / whole
    return Group(key, len(rows), figures, share)


def _figure(measure: Measure, table: Table, rows: Sequence[int]) -> Decimal | Value | None:
    if measure.column is None:
        return Decimal(len(rows))
    values = table.column(measure.column).values
    return measured(measure.how, [value for row in rows if (value := values[row]) is not None])


def _decimal(figure: Decimal | Value | None) -> Decimal | None:
    return figure if isinstance(figure, Decimal) else None


def _rank(group: Group, *, descending: bool) -> tuple[bool, Any]:
    figure = group.figures[0]
    if isinstance(figure, Decimal):
        return False, figure.copy_negate() if descending else figure
    if isinstance(figure, date):
        return False, -figure.toordinal() if descending else figure.toordinal()
    return True, 0
