"""A question to one table as data, and the SQL that is composed of it. Pure.

Rule: names go through `sql.Identifier` and must be columns that the table has; values are parameters. So whatever a
model writes, one table is read and nothing else is said to the database.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, LiteralString

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.spaces.modes.tables import TableError

LONGEST_CELL: Final = 500
MOST_WORDS: Final = 8
_OPERATORS: Final[dict[str, LiteralString]] = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_FUNCTIONS: Final[dict[str, LiteralString]] = {"count": "count", "sum": "sum", "avg": "avg", "min": "min", "max": "max"}
_WORD: Final = re.compile(r"\w{3,40}")
_TEXTS: Final = ("text", "character", "name", "citext", "uuid")


class Condition(BaseModel):
    """One condition on a column; `value` is left out for `is null` and `is not null`."""

    model_config = ConfigDict(extra="forbid")

    column: str
    operator: Literal["=", "<>", "<", "<=", ">", ">=", "contains", "is null", "is not null"]
    value: str | None = None


class Measure(BaseModel):
    """What is computed over rows; `count` without a column counts rows."""

    model_config = ConfigDict(extra="forbid")

    function: Literal["count", "sum", "avg", "min", "max"]
    column: str | None = None


class TableQuery(BaseModel):
    """Which rows of a table, which columns of them or what is computed over them, in which order."""

    model_config = ConfigDict(extra="forbid")

    columns: list[str] = Field(default_factory=list, max_length=50)
    measures: list[Measure] = Field(default_factory=list, max_length=20)
    where: list[Condition] = Field(default_factory=list, max_length=20)
    any_of: bool = False
    group_by: list[str] = Field(default_factory=list, max_length=10)
    order_by: str | None = None
    descending: bool = False
    limit: int = Field(default=20, ge=1, le=1_000)

    def told(self, table: str) -> str:
        """Return in one line what is asked."""
        kept = (" or " if self.any_of else " and ").join(
            f"{one.column} {one.operator}" + ("" if one.value is None else f" {one.value}") for one in self.where
        )
        shown = [*self.columns, *(f"{m.function}({m.column or '*'})" for m in self.measures)]
        return f"{', '.join(shown) or 'rows'} of {table}" + (f" where {kept}" if kept else "") + ":"


def plain_query(query: str, columns: Mapping[str, str]) -> TableQuery:
    """Return the query for rows of which a column of text holds one of the words."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(query)))[:MOST_WORDS]
    texts = [name for name, kind in columns.items() if kind.startswith(_TEXTS)]
    where = [Condition(column=name, operator="contains", value=word) for word in words for name in texts]
    if not where:
        raise TableError("the question holds no word to look for, or the table no text: that needs a model")
    return TableQuery(where=where[:20], any_of=True)


def compose(
    query: TableQuery, table: Sequence[str], columns: Mapping[str, str], max_rows: int
) -> tuple[sql.Composed, list[Any]]:
    """Return the statement and its parameters; raise `TableError` for a column that the table does not have."""
    parameters: list[Any] = []
    groups = list(dict.fromkeys([*query.group_by, *(query.columns if query.measures else [])]))
    plain = groups if query.measures else (query.columns or list(columns))
    outputs = [*(_shown(name, columns) for name in plain), *(_measured(one, columns) for one in query.measures)]
    statement = sql.SQL("select {} from {}").format(sql.SQL(", ").join(outputs), sql.Identifier(*table))
    if query.where:
        glue = sql.SQL(" or ") if query.any_of else sql.SQL(" and ")
        conditions = glue.join([_condition(one, columns, parameters) for one in query.where])
        statement += sql.SQL(" where ") + conditions
    if query.measures and groups:
        statement += sql.SQL(" group by ") + sql.SQL(", ").join([_column(name, columns) for name in groups])
    order = _order(query, plain, columns)
    if order is not None:
        statement += sql.SQL(" order by ") + order + sql.SQL(" desc nulls last" if query.descending else " asc")
    statement += sql.SQL(" limit {}").format(sql.Literal(min(query.limit, max_rows)))
    return statement, parameters


def _column(name: str, columns: Mapping[str, str]) -> sql.Identifier:
    if name not in columns:
        raise TableError(f"there is no column {name[:100]!r}: there are {', '.join(columns)}")
    return sql.Identifier(name)


def _shown(name: str, columns: Mapping[str, str]) -> sql.Composed:
    return sql.SQL("left({}::text, {}) as {}").format(
        _column(name, columns), sql.Literal(LONGEST_CELL), sql.Identifier(name)
    )


def _measured(measure: Measure, columns: Mapping[str, str]) -> sql.Composed:
    function = sql.SQL(_FUNCTIONS[measure.function])
    if measure.column is None:
        if measure.function != "count":
            raise TableError(f"{measure.function} needs a column")
        return sql.SQL("count(*)::text as {}").format(sql.Identifier("count"))
    name = sql.Identifier(f"{measure.function} of {measure.column}"[:63])
    return sql.SQL("left({}({})::text, {}) as {}").format(
        function, _column(measure.column, columns), sql.Literal(LONGEST_CELL), name
    )


def _condition(one: Condition, columns: Mapping[str, str], parameters: list[Any]) -> sql.Composed:
    column = _column(one.column, columns)
    if one.operator == "is null":
        return sql.SQL("{} is null").format(column)
    if one.operator == "is not null":
        return sql.SQL("{} is not null").format(column)
    if one.value is None:
        raise TableError(f"the condition {one.column} {one.operator} has no value")
    parameters.append(one.value.replace("\0", ""))
    if one.operator == "contains":
        return sql.SQL("position(lower(%s) in lower({}::text)) > 0").format(column)
    return sql.SQL("{} {} %s").format(column, sql.SQL(_OPERATORS[one.operator]))


def _order(query: TableQuery, plain: Sequence[str], columns: Mapping[str, str]) -> sql.Composable | None:
    if query.order_by is None:
        return None
    if not query.measures or query.order_by in plain:
        return _column(query.order_by, columns)
    for one in query.measures:
        if query.order_by in (one.column, one.function, f"{one.function}({one.column or '*'})"):
            measured = sql.SQL(_FUNCTIONS[one.function])
            return (
                sql.SQL("{}({})").format(measured, _column(one.column, columns)) if one.column else sql.SQL("count(*)")
            )
    raise TableError(f"nothing is called {query.order_by[:100]!r} that the rows could be ordered by")
