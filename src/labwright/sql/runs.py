"""Where it is kept how rows were computed: a table of runs beside each table that fills itself, and what they share.

A run has the key that its make was given. Code, environments and the texts of queries are kept once per schema, by a
hash of what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Any, Final

from labwright.core.heading import Attribute, Heading
from labwright.core.types import Default, Type
from labwright.define.names import companion_name, is_table_name
from labwright.define.table import SINGLETON, TableDef, TableId
from labwright.query.expr import Join, Node, Project, Source
from labwright.sql.dialect import Dialect, Fragment
from labwright.sql.freeze import delete_matching
from labwright.sql.repeated import Repeated
from labwright.sql.statement import Statement

PREFIX: Final = "~run_"
CODE: Final = "~code"
ENVIRONMENT: Final = "~environment"
QUERY: Final = "~query"
_HASH: Final = Type("char", (32,))
_TEXT: Final = Type("text")
_TIME: Final = Type("datetime_utc", (6,))


def _column(name: str, type_: Type, comment: str = "", *, key: bool = False, nullable: bool = False) -> Attribute:
    return Attribute(name, type_, in_key=key, nullable=nullable, default=_NULL if nullable else None, comment=comment)


_NULL: Final = Default("null")
META: Final = (
    _column("_code", _HASH, "the version of the code"),
    _column("_environment", _HASH, "what it ran on"),
    _column("_started", _TIME, "when its make began, by the clock of the database"),
    _column("_finished", _TIME, "when its rows were stored"),
    _column("_duration", Type("float64"), "seconds"),
    _column("_user", Type("varchar", (128,)), "of the operating system"),
    _column("_host", Type("varchar", (255,))),
    _column("_pid", Type("int64")),
    _column("_worker", Type("varchar", (64,)), "the number of the worker, new with each start"),
    _column("_engine", Type("varchar", (64,)), "what had started it"),
    _column("_engine_job", Type("varchar", (255,)), "what that calls the job"),
    _column("_digest", _HASH, "of all that it read"),
    _column("_reads", _TEXT, "what it read, as JSON"),
)
"""What is noted of a run beside its key."""
SHARED: Final[Mapping[str, tuple[Attribute, ...]]] = {
    CODE: (
        _column("_code", _HASH, key=True),
        _column("_source", _HASH, "of the source alone"),
        _column("_git_commit", Type("varchar", (64,)), nullable=True),
        _column("_git_dirty", Type("bool"), nullable=True),
        _column("_text", _TEXT, "the source, as JSON"),
    ),
    ENVIRONMENT: (_column("_environment", _HASH, key=True), _column("_text", _TEXT, "as JSON")),
    QUERY: (_column("_query", _HASH, key=True), _column("_text", _TEXT, "SQL")),
}
"""What runs have in common, kept once."""
_NOW: Final[Mapping[str, str]] = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'",
    "postgres": "clock_timestamp() AT TIME ZONE 'UTC'",
    "mysql": "utc_timestamp(6)",
}
_AGO: Final[Mapping[str, str]] = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', printf('-%.6f seconds', ?)) || '000'",
    "postgres": "clock_timestamp() AT TIME ZONE 'UTC' - %s::float8 * interval '1 second'",
    "mysql": "utc_timestamp(6) - INTERVAL %s SECOND",
}
"""So many seconds before now."""


def run_id(id_: TableId) -> TableId:
    """Return the table with the runs of a table that fills itself."""
    return TableId(id_.schema, companion_name(PREFIX, id_.name))


def shared_table(schema: str, name: str) -> TableDef:
    """Return what one of the tables is that the runs of a schema share."""
    return TableDef(TableId(schema, name), Heading(SHARED[name]))


def run_table(table: TableDef, key: Iterable[str]) -> TableDef:
    """Return what the table of runs is beside `table`, for makes that are given `key`."""
    own = [replace(table.heading[n], in_key=True, comment="", default=None) for n in key]
    hidden = () if own else (SINGLETON,)
    return TableDef(run_id(table.id), Heading([*map(_as_stored, own), *META]), hidden=hidden)


def _as_stored(attribute: Attribute) -> Attribute:
    """The column without what only its own table does: count up, or pass through a codec."""
    type_ = attribute.stored
    return replace(attribute, type=replace(type_, auto=False) if type_ else None, storage=None)


def fills_itself(id_: TableId) -> bool:
    """Whether a table is one that fills itself, and no part.

    Examples
    --------
    >>> fills_itself(TableId("lab", "__unit")), fills_itself(TableId("lab", "__unit__wave"))
    (True, False)
    """
    return is_table_name(id_.name) and id_.parsed.tier in ("imported", "computed")


def drop_runs(dialect: Dialect, id_: TableId) -> Iterator[Statement]:
    """Statements that remove the runs of a table that was dropped, whether there are any or not."""
    if fills_itself(id_):
        runs = run_id(id_)
        yield Statement(f"DROP TABLE IF EXISTS {dialect.table(runs.schema, runs.name)}")


def drop_shared(dialect: Dialect, schema: str, there: Set[str]) -> Iterator[Statement]:
    """Statements that remove what runs share from a schema that has some tables, and no runs among them any more."""
    if not any(name.startswith(PREFIX) for name in there):
        for name in sorted(there & SHARED.keys()):
            yield Statement(f"DROP TABLE {dialect.table(schema, name)}")


def add_shared(dialect: Dialect, schema: str, name: str) -> str:
    """The statement that notes what runs share, a value for each column, unless it is known."""
    columns = [a.name for a in SHARED[name]]
    target = dialect.table(schema, name)
    marks = ", ".join([dialect.placeholder] * len(columns))
    conflict = dialect.on_duplicate(target, columns[:1], ())
    return f"INSERT INTO {target} ({', '.join(columns)}) VALUES ({marks}) {conflict}"


def add_run(dialect: Dialect, runs: TableDef) -> str:
    """The statement that notes a run: its key, then the columns of `META` but for `_finished`.

    The time when it started is given as the seconds since.
    """
    target, names = dialect.table(runs.id.schema, runs.id.name), list(runs.heading)
    said = {"_started": _AGO[dialect.name], "_finished": _NOW[dialect.name]}
    values = ", ".join(said.get(n, dialect.placeholder) for n in names)
    updated = [n for n in names if n not in runs.heading.primary_key]
    conflict = dialect.on_duplicate(target, runs.key_columns, updated)
    listed = ", ".join(map(dialect.quote, names))
    return Repeated(f"INSERT INTO {target} ({listed}) VALUES ", f"({values})", f" {conflict}")


def probe_runs(dialect: Dialect, runs: TableDef) -> str:
    """The statement that fails for a user who may not note runs, and does nothing for others."""
    target = dialect.table(runs.id.schema, runs.id.name)
    conflict = dialect.on_duplicate(target, runs.key_columns, ["_code"])
    return f"INSERT INTO {target} SELECT * FROM {target} WHERE 1 = 0 {conflict}"


def forget_runs(dialect: Dialect, table: TableDef, runs: TableDef, where: Fragment) -> Statement:
    """The statement that removes the runs of the rows of `table` that meet a condition, before these go."""
    key = ", ".join(map(dialect.quote, runs.heading.primary_key))
    if not key:
        return Statement(f"DELETE FROM {dialect.table(runs.id.schema, runs.id.name)}")
    chosen = f"({key}) IN (SELECT {key} FROM {dialect.table(table.id.schema, table.id.name)} WHERE {where.sql})"
    return delete_matching(dialect, runs.id, Fragment(chosen, where.params))


def runs_node(runs: TableDef) -> Node:
    """The runs as users see them, each with what it shares; without the underscores, unless the key has such a name."""
    left = Source(runs.id.schema, runs.id.name, runs.heading)
    right = Source(runs.id.schema, CODE, Heading(SHARED[CODE]))
    code = [replace(right.heading[n], in_key=False) for n in ("_source", "_git_commit", "_git_dirty")]
    joined = Join(left, right, ("_code",), False, Heading([*left.heading.values(), *code]))
    names = shown_names(runs)
    heading = Heading(replace(joined.heading[n], name=shown) for n, shown in names.items())
    return Project(joined, tuple((shown, n) for n, shown in names.items()), heading)


def shown_names(runs: TableDef) -> dict[str, str]:
    """Column -> the name that users see; that of the source is `code`, since it says whether the code is the same."""
    key = runs.heading.primary_key
    meta = {"_source": "code", "_git_commit": "git_commit", "_git_dirty": "git_dirty"}
    meta |= {a.name: a.name[1:] for a in META} | {"_code": "code_version"}
    return {n: n for n in key} | {c: f"run_{n}" if n in key else n for c, n in meta.items()}


def encoded_key(dialect: Dialect, runs: TableDef, key: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values of a key as they are bound."""
    return tuple(dialect.encode(runs.heading[n].stored, key[n]) for n in runs.heading.primary_key)
