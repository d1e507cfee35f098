"""Search in tables of a database that the operator connected: `[tables.<name>]` in the connections file.

Rule: no SQL of a model's is run. It fills in a `TableQuery`; the statement is composed of it, so that it reads one
table, which the operator named, and whose columns are there. Read-only transaction, statement timeout, row limit, cut
cells.
"""

from typing import Any, Final

from pgswarm.actions.models.errors import ModelError
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outside.settings import ConnectionsError, load
from pgswarm.actions.spaces.hits import Hit, NoSearchError
from pgswarm.actions.spaces.modes.table_query import TableQuery, compose, plain_query
from pgswarm.actions.spaces.modes.tables import Table, TableError
from pgswarm.actions.spaces.places import Place
from pgswarm.schema.kinds import Search

MAX_TEXT: Final = 20_000


async def by_sql(node: Node[Any], entry: Place, query: str) -> list[Hit]:
    """Return one hit: the rows of the entry's table that answer `query`, with the question that they answer.

    Without a model that can ask (the offline one), the rows that hold the words.
    """
    if entry.kind != "sql_table":
        raise NoSearchError(f"{entry.path} is searched by sql, and is no table: give it the kind sql_table")
    settings = _settings(entry)
    try:
        table = Table(settings, str(entry.fields["table"]))
        columns = await table.columns(entry.fields.get("columns"))
        try:
            asked = await node.llm(TableQuery, _prompt(entry, columns, query))
        except ModelError as error:
            if error.code != "needs_model":
                raise
            asked = plain_query(query, columns)
        statement = compose(asked, table.parts, columns, table.settings.max_rows)
        names, rows = await table.rows(*statement)
    except TableError as error:
        raise NoSearchError(f"{entry.path}: {error}") from None
    if not rows:
        return []
    lines = [" | ".join(names), *(" | ".join(row) for row in rows)]
    told = f"{asked.told(table.name)}\n" + "\n".join(lines)
    text = told if len(told) <= MAX_TEXT else told[:MAX_TEXT] + "…"
    return [Hit(entry.entry_id, entry.name, entry.path, text, 0, 0, 1.0, Search.SQL)]


def _settings(entry: Place) -> Any:
    name = str(entry.fields.get("connection") or "")
    try:
        found = load().tables.get(name)
    except ConnectionsError as error:
        raise NoSearchError(str(error)) from None
    if found is None:
        raise NoSearchError(
            f"{entry.path}: no database is connected as {name!r}: the operator names it under [tables.<name>] in the "
            "file that PGSWARM_CONNECTIONS names"
        )
    return found


def _prompt(entry: Place, columns: dict[str, str], query: str) -> Prompt:
    data = {"question": query, "table": entry.name, "about": entry.description, "columns": columns}
    return Prompt(task="query_table", data=data, role="coder")
