"""How many objects some rows refer to, and how large these are, by what the rows say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from labwright.define.table import TableId
from labwright.sql.dialect import Dialect, Fragment
from labwright.sql.statement import Statement

_PARTS: Final = {
    "sqlite": "CAST(CASE WHEN json_valid({0}) THEN json_extract({0}, '$.{1}') END AS {2})",
    "postgres": "CAST({0}->>'{1}' AS {2})",
    "mysql": "CAST(CASE WHEN json_valid({0}) THEN json_unquote(json_extract({0}, '$.{1}')) END AS {2})",
}
_TYPES: Final = {"sqlite": ("text", "integer"), "postgres": ("text", "bigint"), "mysql": ("char", "signed")}


def count_objects(dialect: Dialect, id_: TableId, columns: Sequence[str], where: Fragment) -> Statement:
    """The number of objects that the rows of a table refer to by `columns`, each once, and their size in bytes.

    Examples
    --------
    >>> from labwright.sql.sqlite import SQLite
    >>> count_objects(SQLite(), TableId("lab", "scan"), ["movie"], Fragment("1 = 1")).sql[:52]
    'SELECT count(*), coalesce(sum(size), 0) FROM (SELECT'
    """
    part, (text, number) = _PARTS[dialect.name], _TYPES[dialect.name]
    table = dialect.table(id_.schema, id_.name)
    told = " UNION ALL ".join(
        f"SELECT {part.format(c, 'path', text)} AS path, {part.format(c, 'size', number)} AS size FROM {table} "
        f"WHERE {where.sql}"
        for c in map(dialect.quote, columns)
    )
    each = f"SELECT path, max(size) AS size FROM ({told}) AS o WHERE path IS NOT NULL GROUP BY path"
    return Statement(f"SELECT count(*), coalesce(sum(size), 0) FROM ({each}) AS e", where.params * len(columns))
