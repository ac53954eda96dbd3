"""Writing rows: one call, all or nothing, with errors that say which row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from labwright.catalogue.entering import sharing
from labwright.codecs.objects import Objects
from labwright.core.errors import (
    DuplicateError,
    IntegrityError,
    LabwrightError,
    MissingAttributeError,
    QueryError,
    RuleError,
)
from labwright.core.values import adapt
from labwright.define.table import ForeignKey, TableDef
from labwright.query import expr
from labwright.query.conditions import Condition, Equal, InQuery, Keys, conjunction, make_condition
from labwright.query.expr import Node
from labwright.sql.database import Database
from labwright.sql.dml import OnDuplicate, Told, insert_columns, insert_select, row_with, telling_clashes, update_row
from labwright.tables.capturing import captured
from labwright.tables.encode import check_required, encode_columns, encode_given, locate
from labwright.tables.expecting import Expected
from labwright.tables.keeping import change_rows, given_keys, inserting
from labwright.tables.making import running
from labwright.tables.objects import taken_objects, writing_objects
from labwright.tables.refused import broken, first_broken, telling
from labwright.tables.renewing import writing
from labwright.tables.rows import Columns, chunks, read_rows

if TYPE_CHECKING:
    from labwright.tables.query import QueryExpression


@writing
def insert_rows(
    database: Database,
    table: TableDef,
    rows: Any,
    *,
    on_duplicate: OnDuplicate = "error",
    ignore_extra_fields: bool = False,
    chunk_size: int | None = None,
) -> None:
    """Insert whatever `rows` is, all or nothing; with `chunk_size` all or nothing per chunk."""
    if chunk_size is not None and (not hasattr(chunk_size, "__index__") or chunk_size < 1):
        raise QueryError(f"chunk_size must be a whole number from 1, not {chunk_size!r}.")
    pieces = [rows] if chunk_size is None else chunks(table.heading, rows, chunk_size)
    for number, piece in enumerate(pieces):
        first = number * (chunk_size or 0)
        columns = read_rows(table.heading, piece, ignore_extra_fields=ignore_extra_fields, first=first)
        insert_batch(database, table, columns, on_duplicate)


def insert_batch(database: Database, table: TableDef, columns: Columns, on_duplicate: OnDuplicate = "error") -> None:
    """Insert rows given by column."""
    if not columns.count:
        return
    run = running(table.id)
    keys = run.keys_of(columns.names, columns.values, partial(canonical, table)) if run is not None else ()
    if (aside := captured()) is not None:
        aside.insert(table, columns, on_duplicate)
    else:
        with writing_objects(database, table) as objects:
            parts = encode_columns(database, table, columns, objects)
            with _telling_cells(database, table, parts), objects.registered():
                _insert_encoded(database, table, columns, parts, on_duplicate)
    if run is not None:
        run.inserted.update(keys)  # now that nothing has gone wrong, which make may catch


@contextmanager
def _telling_cells(database: Database, table: TableDef, parts: Sequence[Columns]) -> Iterator[None]:
    """Name the value that could not be put into a store, which is known when all of them are to be there."""
    try:
        yield
    except LabwrightError as error:
        if error.cell is None or not error.attribute or len(parts) > 1:
            raise
        raise locate(database, table, parts[0], table.heading[error.attribute], error) from error


def _insert_encoded(
    database: Database, table: TableDef, columns: Columns, parts: Sequence[Columns], on_duplicate: OnDuplicate
) -> None:
    def told(error: LabwrightError) -> LabwrightError:
        if isinstance(error, RuleError):
            return _breaking(database, table, columns, parts, on_duplicate, error)
        if isinstance(error, (DuplicateError, IntegrityError)):
            return explain(database, table, columns, error, keys_are_new=on_duplicate == "error")
        return error

    try:
        with inserting(database, table, lambda: _keys(table, columns), replaces=on_duplicate == "replace"):
            if len(parts) == 1:
                _send(database, table, parts[0], on_duplicate, told)
            else:
                with database.connection.atomic():
                    for part in parts:
                        _send(database, table, part, on_duplicate, told)
    except (RuleError, DuplicateError, IntegrityError) as error:
        raise told(error) from error


def _keys(table: TableDef, columns: Columns) -> Condition:
    """The condition for the rows that have the keys of these."""
    key = [n for n in table.heading.primary_key if n in columns.names]
    values = [[canonical(table, n, v) for v in columns.values[columns.names.index(n)]] for n in key]
    return given_keys(table, columns.names, list(zip(*values, strict=True)))


def _breaking(
    database: Database,
    table: TableDef,
    columns: Columns,
    parts: Sequence[Columns],
    on_duplicate: OnDuplicate,
    error: RuleError,
) -> RuleError:
    """`error` with the row that breaks a rule."""

    def send(rows: Columns) -> None:
        _send(database, table, rows, on_duplicate)

    index = first_broken(database, parts[0], send) if len(parts) == 1 else None
    if index is None:
        return broken(database, [table], error)
    number = columns.number(index)
    return broken(database, [table], error, columns.row(index), number if number or columns.count > 1 else None)


def _send(
    database: Database, table: TableDef, columns: Columns, on_duplicate: OnDuplicate, told: Told | None = None
) -> None:
    insert_columns(database.connection, database.dialect, table, columns.names, columns.values, on_duplicate, told)


def insert_query(
    database: Database,
    table: TableDef,
    query: QueryExpression,
    *,
    on_duplicate: OnDuplicate = "error",
    ignore_extra_fields: bool = False,
) -> None:
    """``INSERT ... SELECT``: the rows never leave the database."""
    node = query.query_node()
    names = [n for n in table.heading if n in node.heading]
    extra = [n for n in node.heading if n not in table.heading]
    if extra and not ignore_extra_fields:
        raise table.heading.unknown(extra[0], "the table that is inserted into")
    check_required(database, table, Columns(tuple(names), (), 0))
    _check_same_storage(table, node, names)
    query.ready()
    if captured() is not None:
        insert_batch(database, table, read_rows(table.heading, query.to_dicts_of(names)), on_duplicate)
        return
    keys = InQuery(tuple(table.heading.primary_key), node)
    if (run := running(table.id)) is not None:
        run.unknown = True
    with (
        sharing(database, database.stores, table.id.schema, taken_objects(database, table, query)),
        telling(database, table),
        inserting(database, table, lambda: keys, replaces=on_duplicate == "replace"),
        telling_clashes(database.dialect, table, on_duplicate),
    ):
        database.execute(insert_select(database.dialect, table, node, names, on_duplicate))


def _check_same_storage(table: TableDef, node: Node, names: Sequence[str]) -> None:
    """Stored values are copied as they are, so both sides must store them alike."""
    for name in names:
        into, source = table.heading[name], node.heading[name]
        if into.type is None or source.type is None:
            continue
        alike = into.type.codec == source.type.codec and _family(into.stored) == _family(source.stored)
        if not alike:
            raise QueryError(
                f"Attribute {name!r} is {source.type} in the query and {into.type} in {table.id}, which are stored "
                "differently. Compute it in that type with .proj(), or fetch the rows and insert them."
            )


def _family(type_: Any) -> Any:
    if type_.is_integer:
        return "integer"
    return "text" if type_.is_text else (type_.kind, type_.args) if type_.kind == "decimal" else type_.kind


def explain(
    database: Database, table: TableDef, columns: Columns, error: LabwrightError, *, keys_are_new: bool
) -> LabwrightError:
    """`error` with the row that caused it: the missing parent, or the new key that is there already."""
    found = None
    if isinstance(error, IntegrityError):
        found = _missing_parent(database, table, columns)
    elif keys_are_new:
        found = _duplicate(database, table, columns)
    return _with_violation(type(error)(found or f"Table {table.id}: {error}"), error)


def _with_violation(new: LabwrightError, old: LabwrightError) -> LabwrightError:
    new.violation = old.violation
    return new


def _missing_parent(database: Database, table: TableDef, columns: Columns) -> str | None:
    for fk in table.foreign_keys:
        if not set(fk.columns) <= set(columns.names):
            continue
        absent = _absent_key(database, fk, columns)
        if absent is not None:
            index, key = absent
            shown = ", ".join(f"{n}={v!r}" for n, v in key.items())
            return (
                f"Table {table.id}, row {columns.number(index)}: its parent is missing. {fk.parent} has no row with "
                f"{shown}. Insert that row first, or correct the value."
            )
    return None


def _absent_key(database: Database, fk: ForeignKey, columns: Columns) -> tuple[int, dict[str, Any]] | None:
    """The first row whose parent is not there, and the parent's key."""
    parent = database.find(fk.parent)
    values = [columns.values[columns.names.index(n)] for n in fk.columns]
    wanted = [(i, row) for i, row in enumerate(zip(*values, strict=True)) if None not in row]
    source = expr.Source(parent.id.schema, parent.id.name, parent.heading)
    for start in range(0, len(wanted), 10_000):
        piece = wanted[start : start + 10_000]
        keys = [dict(zip(fk.parent_columns, row, strict=True)) for _, row in piece]
        node = expr.restrict(source, make_condition(source.heading, keys))
        statement, plan = database.query(node, fk.parent_columns)
        found = set(plan.rows(database.fetch(statement)))
        for (number, _), key in zip(piece, keys, strict=True):
            held = tuple(canonical(parent, n, v) for n, v in key.items())
            if held not in found:
                return number, key
    return None


def canonical(table: TableDef, name: str, value: Any) -> Any:
    """`value` as the attribute `name` holds it."""
    type_ = table.heading[name].type
    return value if type_ is None else adapt(type_, value)


def _duplicate(database: Database, table: TableDef, columns: Columns) -> str | None:
    key = table.heading.primary_key
    if not key or not set(key) <= set(columns.names):
        return None
    seen: dict[tuple[Any, ...], int] = {}
    values = [columns.values[columns.names.index(n)] for n in key]
    rows = [tuple(canonical(table, n, v) for n, v in zip(key, row, strict=True)) for row in zip(*values, strict=True)]
    for number, row in enumerate(rows):
        if row in seen:
            where = f"row {columns.number(seen[row])} has it too"
            return _says_duplicate(table, columns.number(number), dict(zip(key, row, strict=True)), where)
        seen[row] = number
    there = _first_present(database, table, key, rows)
    if there is None:
        return None
    shown = dict(zip(key, rows[there], strict=True))
    return _says_duplicate(table, columns.number(there), shown, "it is in the table already")


def _first_present(
    database: Database, table: TableDef, key: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> int | None:
    source = expr.Source(table.id.schema, table.id.name, table.heading)
    condition = Keys(tuple(key), tuple(rows))
    statement, plan = database.query(expr.take(expr.restrict(source, condition), (), 1, 0), key)
    found = list(plan.rows(database.fetch(statement)))
    return rows.index(found[0]) if found else None


def _says_duplicate(table: TableDef, row: int, key: Mapping[str, Any], where: str) -> str:
    shown = ", ".join(f"{n}={v!r}" for n, v in key.items())
    return (
        f"Table {table.id}, row {row}: the key {shown} is taken, {where}. Use skip_duplicates=True to pass over "
        "such rows, or replace=True to overwrite them."
    )


@writing
def update_one(database: Database, table: TableDef, row: Mapping[str, Any], expected: Expected | None = None) -> None:
    """Set the given attributes of the one row with the given primary key; None sets the default."""
    heading = table.heading
    missing = [n for n in heading.primary_key if row.get(n) is None]
    if missing:
        raise MissingAttributeError(f"update1 needs the whole primary key; {', '.join(map(repr, missing))} is missing.")
    heading.require(row, "the update")
    if (aside := captured()) is not None and aside.update(table, row):
        return
    columns = read_rows(heading, [{**row}])
    source = expr.Source(table.id.schema, table.id.name, heading)
    key = conjunction(Equal(n, canonical(table, n, row[n])) for n in heading.primary_key)
    if expected is None and not database.exists(expr.restrict(source, key)):
        shown = ", ".join(f"{n}={row[n]!r}" for n in heading.primary_key)
        raise LabwrightError(f"Table {table.id} has no row with {shown}; update1 changes a row that is there.")
    with writing_objects(database, table) as objects:
        encoded, defaults = _encoded_row(database, table, columns, objects)
        with objects.registered(), nullcontext() if expected is None else database.connection.atomic():
            if expected is not None:
                expected.check(database, key)
            _update_encoded(database, table, row, columns, encoded, defaults)


def _update_encoded(
    database: Database,
    table: TableDef,
    row: Mapping[str, Any],
    columns: Columns,
    encoded: Mapping[str, Any],
    defaults: Sequence[str],
) -> None:
    key_values = {n: encoded[n] for n in table.heading.primary_key}
    changes = {n: v for n, v in encoded.items() if n not in key_values}
    if not changes and not defaults:
        return
    try:
        update = update_row(database.dialect, table, key_values, changes, defaults)
        change_rows(database, table, update, row_with(database.dialect, key_values), "update")
    except RuleError as error:
        raise broken(database, [table], error, dict(row)) from error
    except (DuplicateError, IntegrityError) as error:
        raise explain(database, table, columns, error, keys_are_new=False) from error


def _encoded_row(
    database: Database, table: TableDef, columns: Columns, objects: Objects
) -> tuple[dict[str, Any], list[str]]:
    """Encoded values, and the attributes whose default only the database knows."""
    part = encode_given(database, table, columns, objects)[0]
    values = {n: v[0] for n, v in zip(part.names, part.values, strict=True) if n in columns.names}
    return values, [n for n in columns.names if n not in values]
