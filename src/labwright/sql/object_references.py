"""Which rows refer to stored objects: asked of all tables that might, since rows are what counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from labwright.core.errors import AccessError
from labwright.define.service_tables import EXTERNAL
from labwright.sql.acting import now_text
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.objects import COPY, HOLD, LIVE, OBJECT
from labwright.sql.queries import queries
from labwright.sql.rights import read_grants
from labwright.sql.statement import Statement

_PATHS: Final = {
    "sqlite": "CAST(CASE WHEN json_valid({0}) THEN json_extract({0}, '$.path') END AS text)",
    "postgres": "{0}->>'path'",
    "mysql": "CAST(CASE WHEN json_valid({0}) THEN json_unquote(json_extract({0}, '$.path')) END AS BINARY)",
}
"""As text in SQLite, which otherwise compares each copy with each path: it has no index for what has no type."""
_SAME_PATH: Final = {"sqlite": "a.path", "postgres": 'a.path COLLATE "C"', "mysql": "unhex(sha2(a.path, 256))"}
"""What is the same for the same bytes alone, and quick to sort; MariaDB sorts long values by their beginnings."""
_LIKELY: Final = {
    "sqlite": "{0} LIKE '%\"path\"%'",
    "postgres": "jsonb_typeof({0}::jsonb) = 'object' AND {0}::jsonb ? 'path'",
    "mysql": "{0} LIKE '%%\"path\"%%'",
}


_STEMS: Final = {
    "sqlite": "SELECT path, substr(path, length(rtrim(path, replace(path, '/', ''))) + 1, 32) AS stem FROM {0}",
    "postgres": "SELECT path, substr(substring(path FROM '[^/]*$'), 1, 32) AS stem FROM {0}",
    "mysql": "SELECT path, left(substring_index(path, '/', -1), 32) AS stem FROM {0}",
}
"""The hash, in 32 digits, with which the name of an object begins in the classic layout."""
_HASHES: Final = {
    "sqlite": "substr(c.stem, 1, 8) || '-' || substr(c.stem, 9, 4) || '-' || substr(c.stem, 13, 4) || '-' || "
    "substr(c.stem, 17, 4) || '-' || substr(c.stem, 21, 12)",
    "postgres": "CASE WHEN c.stem ~ '^[0-9a-f]{32}$' THEN c.stem::uuid END",
    "mysql": "unhex(c.stem)",
}
"""The same as a column holds it."""


class JsonColumn(NamedTuple):
    """A column that may say where an object is."""

    schema: str
    table: str
    column: str


class HashColumn(NamedTuple):
    """A column that may hold the hash of an object in the classic layout."""

    schema: str
    table: str
    column: str


Column = JsonColumn | HashColumn


def json_columns(connection: Connection, dialect: Dialect, schemas: Collection[str]) -> list[JsonColumn]:
    """Return the columns of these schemas whose rows may refer to objects, those of kept rows among them."""
    rows = connection.fetch(queries(dialect.name)["json_columns"])
    return [JsonColumn(*row) for row in rows if row[0] in schemas]


def hash_columns(connection: Connection, dialect: Dialect, schemas: Collection[str]) -> list[HashColumn]:
    """Return the columns of these schemas that may hold hashes: of those that use stores in the classic layout.

    A row of ``~external_<store>`` counts like one of the user's: it says to other clients that the object is there.
    """
    found = [HashColumn(*row) for row in connection.fetch(queries(dialect.name)["hash_columns"]) if row[0] in schemas]
    external = {c.schema for c in found if c.table.startswith(EXTERNAL)}
    return [c for c in found if c.schema in external]


def labwright_schemas(connection: Connection, dialect: Dialect) -> list[str]:
    """Return the schemas that Labwright or DataJoint keep, as far as the user may see them."""
    return [str(row[0]) for row in connection.fetch(queries(dialect.name)["labwright_schemas"])]


def check_sight(connection: Connection, dialect: Dialect, schemas: Collection[str]) -> None:
    """Make sure that the user sees every table of these schemas, and every row.

    Raises
    ------
    AccessError
        When something is hidden: then nobody can say what is garbage.
    """
    hidden = _hidden(connection, dialect, schemas)
    if hidden:
        raise AccessError(
            f"You may not read {', '.join(hidden[:5])}{' and more' if len(hidden) > 5 else ''}, whose rows may refer "
            "to the objects. Let somebody collect the garbage who may read all of it."
        )


def _hidden(connection: Connection, dialect: Dialect, schemas: Collection[str]) -> list[str]:
    if dialect.name == "mysql":
        grants = read_grants(str(row[0]) for row in connection.fetch("SHOW GRANTS"))
        readable = [g.pattern for g in grants if g.has("SELECT")]
        return sorted(s for s in schemas if not any(_covers(p, s) for p in readable))
    rows = connection.fetch(queries(dialect.name)["unseen_tables"])
    return sorted(f"{schema}.{table}" for schema, table in rows if schema in schemas)


def _covers(pattern: str, schema: str) -> bool:
    return (
        pattern == "*" or pattern.replace("\\_", "_").replace("\\%", "%") == schema or _prefix_covers(pattern, schema)
    )


def _prefix_covers(pattern: str, schema: str) -> bool:
    r"""``lab\_%``: the one pattern that is common beside whole names."""
    prefix = pattern.removesuffix("%").replace("\\_", "_")
    return pattern.endswith("%") and "%" not in prefix and "\\" not in prefix and schema.startswith(prefix)


def common_now(connection: Connection, dialect: Dialect) -> str:
    """Return the time in UTC by the clock that all clients share: that of the server, or of this machine for a file."""
    found = connection.fetch(queries(dialect.name)["utc_now"])[0][0]
    return now_text() if found is None else str(found)


def identity(connection: Connection, dialect: Dialect) -> str:
    """Return what tells this database from copies of it elsewhere; a file's path for SQLite."""
    found = connection.fetch(queries(dialect.name)["identity"])[0][0]
    return str(found) if found is not None else str(connection.url.server)


def referenced(dialect: Dialect, columns: Collection[Column]) -> Statement:
    """Return the statement that gives the paths of all objects that rows refer to, some of them often."""
    return Statement(" UNION ALL ".join(_references(dialect, columns)) or _none(dialect))


def _none(dialect: Dialect) -> str:
    return f"SELECT CAST('' AS {'BINARY' if dialect.name == 'mysql' else 'text'}) AS path WHERE 1 = 0"


def _references(dialect: Dialect, columns: Collection[Column]) -> Iterator[str]:
    hashes: dict[str, list[HashColumn]] = {}
    for column in columns:
        if isinstance(column, HashColumn):
            hashes.setdefault(column.schema, []).append(column)
        else:
            quoted, table = dialect.quote(column.column), dialect.table(column.schema, column.table)
            likely = _LIKELY[dialect.name].format(quoted)
            yield f"SELECT {_PATHS[dialect.name].format(quoted)} AS path FROM {table} WHERE {likely}"
    for schema, found in hashes.items():
        yield _paths_of_hashes(dialect, schema, found)


def _paths_of_hashes(dialect: Dialect, schema: str, columns: Collection[HashColumn]) -> str:
    """The copies whose hashes some columns hold; sorted together, as in `copies_by_use`."""
    copies = _STEMS[dialect.name].format(dialect.table(schema, COPY))
    parts = [f"SELECT c.path, {_HASHES[dialect.name]} AS hash, 0 AS refers FROM ({copies}) AS c"]
    parts += [f"SELECT NULL, {dialect.quote(c.column)}, 1 FROM {dialect.table(c.schema, c.table)}" for c in columns]
    return (
        "SELECT path FROM (SELECT h.path, max(h.refers) OVER (PARTITION BY h.hash) AS used "
        f"FROM ({' UNION ALL '.join(parts)}) AS h WHERE h.hash IS NOT NULL) AS p WHERE path IS NOT NULL AND used = 1"
    )


def path_in(dialect: Dialect, column: str) -> str:
    """The path that JSON in a column says, and NULL where it says none."""
    return _PATHS[dialect.name].format(column)


def references_of(dialect: Dialect, columns: Collection[JsonColumn]) -> Statement:
    """Return the statement that gives what rows say of objects, each once: schema, the JSON."""
    parts, params = [], []
    for schema, table, column in columns:
        quoted = dialect.quote(column)
        likely = _LIKELY[dialect.name].format(quoted)
        text = f"CAST({quoted} AS text)" if dialect.name == "postgres" else quoted
        parts.append(
            f"SELECT DISTINCT {dialect.placeholder} AS name, {text} AS value FROM {dialect.table(schema, table)} "
            f"WHERE {likely}"
        )
        params.append(schema)
    return Statement(" UNION ALL ".join(parts) or "SELECT NULL, NULL WHERE 1 = 0", tuple(params))


def copies_by_use(
    dialect: Dialect, schema: str, columns: Collection[Column], states: Collection[str], *, before: str, now: str
) -> Statement:
    """Return the statement that gives the copies in some states; of those that are to stay, what nobody uses.

    Its columns: store, path, sha256, is_dir, size, state, used, and whether the state is older than `before`. What has
    it since `now`, or later, is left out.

    Paths of copies and of references are sorted together, so that its cost does not hang on what a server estimates.
    """
    mark, rows = dialect.placeholder, referenced(dialect, columns)
    wanted = ", ".join(f"'{state}'" for state in states)
    holds = f"SELECT path FROM {dialect.table(schema, HOLD)} WHERE until IS NULL OR until > {mark}"
    copies = (
        "SELECT c.store, c.path, c.sha256, c.is_dir, o.size, c.state, "
        f"CASE WHEN c.since < {mark} THEN 1 ELSE 0 END AS due, 0 AS refers FROM {dialect.table(schema, COPY)} AS c "
        f"JOIN {dialect.table(schema, OBJECT)} AS o ON o.sha256 = c.sha256 "
        f"WHERE c.state IN ({wanted}) AND c.since < {mark}"
    )
    references = (
        "SELECT NULL, r.path, NULL, NULL, NULL, NULL, NULL, 1 "
        f"FROM ({rows.sql} UNION ALL {holds}) AS r WHERE r.path IS NOT NULL"
    )
    return Statement(
        "SELECT store, path, sha256, is_dir, size, state, used, due FROM "
        f"(SELECT a.*, max(a.refers) OVER (PARTITION BY {_SAME_PATH[dialect.name]}) AS used "
        f"FROM ({copies} UNION ALL {references}) AS a) AS u "
        f"WHERE store IS NOT NULL AND (used = 0 OR state <> '{LIVE}') ORDER BY store, path",
        (before, now, *rows.params, now),
    )


def locked_copies(dialect: Dialect, schema: str, state: str, *, before: str, limit: int) -> Statement:
    """Return the statement that locks copies in a state since before a time, and gives store and path."""
    mark = dialect.placeholder
    lock = "" if dialect.name == "sqlite" else " FOR UPDATE"
    return Statement(
        f"SELECT store, path FROM {dialect.table(schema, COPY)} WHERE state = '{state}' AND since < {mark} "
        f"ORDER BY store, path LIMIT {limit}{lock}",
        (before,),
    )


def mark_copy(dialect: Dialect, schema: str, *, to: str, was: str) -> str:
    """Return the statement that moves a copy (since, store, path) from one state to another."""
    mark = dialect.placeholder
    return (
        f"UPDATE {dialect.table(schema, COPY)} SET state = '{to}', since = {mark} "
        f"WHERE store = {mark} AND path = {mark} AND state = '{was}'"
    )
