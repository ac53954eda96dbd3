"""The triggers that write to a shadow, so that the changes of every client are kept.

A row whose key changes is recorded as one that was deleted, and another that was inserted. New rows are recorded only
where Labwright has asked for it: all else can be told from the hidden columns of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from labwright.core.heading import Attribute
from labwright.define.table import TableDef
from labwright.sql.dialect import Dialect
from labwright.sql.drivers.sqlite_acting import ACTING
from labwright.sql.history import SAID, SAYS, Names, Said, row_columns, shadow_id

_ONCE: Final = Said('"~change"', '"~at"', '"~by"', '"~why"')
"""Variables of the function, so that the answers are not looked for in each row."""
_TEXTS: Final = frozenset({"char", "varchar", "text", "enum"})


def _record(names: Names, op: str, row: str, said: Said) -> str:
    """The INSERT of one record about the row ``OLD`` or ``NEW``: of a new row the key alone.

    NULL is said aloud, as MySQL and MariaDB forget that it is the default of the copied columns.
    """
    told = names.key if op == "insert" else names.columns
    row_values = ", ".join(f"{row}.{c}" if c in told else "NULL" for c in names.columns)
    into, values = (
        f"INSERT INTO {names.shadow} ({', '.join(names.columns)}, {SAID})",
        f"{row_values}, '{op}', {said.values}",
    )
    return f"{into} SELECT {values} FROM {said.source}" if said.source else f"{into} VALUES ({values})"


def _names(dialect: Dialect, table: TableDef, letters: Iterable[str]) -> list[str]:
    shadow = shadow_id(table.id)
    return [dialect.table(shadow.schema, f"{shadow.name}_{letter}") for letter in letters]


def _sqlite(dialect: Dialect, table: TableDef, names: Names) -> Iterator[str]:
    delete, update, move, insert = _names(dialect, table, "dumi")
    said = SAYS[dialect.name]
    gone, new = _record(names, "delete", "OLD", said), _record(names, "insert", "NEW", said)
    moved = " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in names.key)
    rest = [c for c in names.columns if c not in names.key]
    yield f"CREATE TRIGGER {delete} AFTER DELETE ON {names.table} BEGIN {gone}; END"
    if rest:
        changed = " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in rest)
        yield (
            f"CREATE TRIGGER {update} AFTER UPDATE ON {names.table} WHEN NOT ({moved}) AND ({changed}) "
            f"BEGIN {_record(names, 'update', 'OLD', said)}; END"
        )
    yield f"CREATE TRIGGER {move} AFTER UPDATE ON {names.table} WHEN {moved} BEGIN {gone}; {new}; END"
    # A loop over no row costs less than a WHEN with a query in it.
    asked = _record(names, "insert", "NEW", Said("change", "at", "user", "why", f'"{ACTING}" WHERE inserts'))
    yield f"CREATE TRIGGER {insert} AFTER INSERT ON {names.table} BEGIN {asked}; END"


def _mysql(dialect: Dialect, table: TableDef, names: Names) -> Iterator[str]:
    """Texts are compared as bytes, since a collation may take different ones for the same."""
    delete, update, insert = _names(dialect, table, "dui")
    said = SAYS[dialect.name]
    gone, new = _record(names, "delete", "OLD", said), _record(names, "insert", "NEW", said)
    quoted = [(dialect.quote(a.name), a) for a in row_columns(table)]
    same_key = " AND ".join(_same(c, a) for c, a in quoted if c in names.key)
    same_rest = " AND ".join(_same(c, a) for c, a in quoted if c not in names.key) or "TRUE"
    row = "FOR EACH ROW"
    yield f"CREATE TRIGGER {delete} AFTER DELETE ON {names.table} {row} {gone}"
    yield (
        f"CREATE TRIGGER {update} AFTER UPDATE ON {names.table} {row} "
        f"IF NOT ({same_key}) THEN {gone}; {new}; "
        f"ELSEIF NOT ({same_rest}) THEN {_record(names, 'update', 'OLD', said)}; END IF"
    )
    yield (
        f"CREATE TRIGGER {insert} AFTER INSERT ON {names.table} {row} "
        f"IF @labwright_inserts IS NOT NULL THEN {new}; END IF"
    )


def _same(column: str, attribute: Attribute) -> str:
    kind = attribute.stored.kind if attribute.stored is not None else "text"
    if kind in _TEXTS or kind == "json":
        return f"CAST(OLD.{column} AS BINARY) <=> CAST(NEW.{column} AS BINARY)"
    return f"OLD.{column} <=> NEW.{column}"


def _postgres(dialect: Dialect, _table: TableDef, names: Names) -> Iterator[str]:
    """The function runs with the rights of its owner, so that whoever may change a row need not see the shadow."""
    columns, function = ", ".join(names.columns), f"{names.shadow}()"
    asked = SAYS[dialect.name]
    all_of = f"INSERT INTO {names.shadow} ({columns}, {SAID}) SELECT {columns}, 'delete', {_ONCE.values} FROM"
    gone, new = _record(names, "delete", "OLD", _ONCE), _record(names, "insert", "NEW", _ONCE)
    yield (
        f"CREATE OR REPLACE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path = pg_catalog, pg_temp AS $was$ DECLARE "
        f"{_ONCE.change} text := {asked.change}; {_ONCE.at} timestamp := {asked.at}; "
        f"{_ONCE.by} text := {asked.by}; {_ONCE.why} text := {asked.why}; BEGIN "
        f"IF TG_ARGV[0] = 'update' THEN {_record(names, 'update', 'OLD', _ONCE)}; "
        f"ELSIF TG_ARGV[0] = 'delete' THEN {all_of} gone; "
        f"ELSIF TG_ARGV[0] = 'insert' THEN {new}; "
        f"ELSIF TG_ARGV[0] = 'move' THEN {gone}; {new}; "
        f"ELSE {all_of} {names.table}; END IF; RETURN NULL; END $was$"
    )
    moved = f"({_row('OLD', names.key)}) IS DISTINCT FROM ({_row('NEW', names.key)})"
    for event in (
        "update AFTER UPDATE ON {t} FOR EACH ROW WHEN (NOT ({m}) AND OLD.* OPERATOR(pg_catalog.*<>) NEW.*)",
        "move AFTER UPDATE ON {t} FOR EACH ROW WHEN ({m})",
        "delete AFTER DELETE ON {t} REFERENCING OLD TABLE AS gone FOR EACH STATEMENT",
        "insert AFTER INSERT ON {t} FOR EACH ROW WHEN (current_setting('labwright.inserts', true) = '1')",
        "truncate BEFORE TRUNCATE ON {t} FOR EACH STATEMENT",
    ):
        name, _, rest = event.format(t=names.table, m=moved).partition(" ")
        yield f"CREATE TRIGGER {dialect.quote('~was_' + name)} {rest} EXECUTE FUNCTION {names.shadow}('{name}')"


def _row(row: str, columns: Iterable[str]) -> str:
    return ", ".join(f"{row}.{c}" for c in columns)


def drop_triggers(dialect: Dialect, table: TableDef, names: Names) -> Iterator[str]:
    """Statements that remove all of them, also where only some are there."""
    if dialect.name == "postgres":
        for event in ("update", "move", "delete", "insert", "truncate"):
            yield f"DROP TRIGGER IF EXISTS {dialect.quote('~was_' + event)} ON {names.table}"
    else:
        yield from (f"DROP TRIGGER IF EXISTS {name}" for name in _names(dialect, table, "dumi"))


TRIGGERS: Final[dict[str, Callable[[Dialect, TableDef, Names], Iterator[str]]]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
    "mysql": _mysql,
}
"""The statements that make them."""
