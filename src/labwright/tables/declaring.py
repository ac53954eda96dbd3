"""Declaring: the tables of a blueprint that are not there yet are made, and lookup tables filled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from labwright.catalogue.writing import ensure_catalogue
from labwright.core.errors import DefinitionError, LabwrightError, TransactionError
from labwright.core.generation import CLASSIC
from labwright.core.graph import Graph
from labwright.define.table import TableDef, TableId
from labwright.sql.rules import other_table
from labwright.tables.alter import tell_differences
from labwright.tables.encoder import table_encoder

if TYPE_CHECKING:
    from labwright.sql.database import Database
    from labwright.tables.schema import Schema
    from labwright.tables.table import Table

logger = logging.getLogger(__name__)
_lock: Final = threading.RLock()
"""Held while tables are declared, so that threads do it one after the other."""


def ensure_declared(schema: Schema, wanted: type[Table] | None) -> None:
    """Declare the tables of a schema, and of those that it refers to; contents may be refused by `wanted` alone."""
    here = schema._here
    if len(here.declared) != len(schema._specs):
        with _lock, schema.project.connection.aside():
            _declare_family(schema, wanted)
    if wanted is not None and wanted in here.unfilled:
        with _lock, schema.project.connection.aside():
            _fill(schema, wanted)


def _declare_family(schema: Schema, wanted: type[Table] | None) -> None:
    pending = {s: [c for c in s._specs if c not in s._here.declared] for s in _family(schema)}
    classic = {s.database_name for s in pending if s.generation == CLASSIC}
    for member, classes in pending.items():
        tell_differences(member, classes)
    missing = {t.id: t for s, classes in pending.items() for t in _missing(s, classes)}
    closed = {s.database_name for s in pending if not s.create_schema}
    _declare(schema.project.database, missing, classic, closed)
    for member, classes in pending.items():
        member._here.declared.update(classes)
        member._here.unfilled.update(c for c in classes if hasattr(c, "contents"))
    for member in reversed(pending):  # those that others refer to come first
        _fill_others(member, wanted)


def _family(schema: Schema) -> list[Schema]:
    """A schema and all that its references lead to, and its rules speak of."""
    found: dict[Schema, None] = {}
    todo = [schema]
    while todo:
        member = todo.pop()
        if member not in found:
            found[member] = None
            todo += [s for c in member._specs for s in _parents(member, c)]
    return list(found)


def _parents(schema: Schema, cls: type[Table]) -> list[Schema]:
    spec, scope = schema._specs[cls]
    owners = [schema._target(cls, reference, scope)._schema for reference in spec.references]
    names = [n for rule in schema._resolved(cls).rules for n in rule.schemas] if cls.rules else []
    known = schema.connection.schemas
    return [s for s in (*owners, *map(known.get, names)) if s is not None and s.project is schema.project]


def _missing(schema: Schema, classes: Iterable[type[Table]]) -> list[TableDef]:
    """The tables of `classes` that are to be made."""
    if schema.create_tables is False or not schema.project.config["database.create_tables"]:
        return []
    present = schema.project.database.tables(schema.database_name)
    missing = [schema._resolved(c) for c in classes if c._table_name not in present]
    if schema.generation != CLASSIC and not schema.project.config["jobs.allow_new_pk_fields_in_computed_tables"]:
        for table in missing:
            _check_key(table)
    return missing


def _check_key(table: TableDef) -> None:
    """A table that fills itself is asked for one row per key of its inputs, so it has no key of its own."""
    inherited = {n for fk in table.foreign_keys for n in fk.columns}
    own = [n for n in table.heading.primary_key if n not in inherited]
    if own and table.id.parsed.tier in ("imported", "computed"):
        raise DefinitionError(
            f"Table {table.id} fills itself, so its key comes from references alone, and {', '.join(map(repr, own))} "
            "does not. Let a part hold several rows per key, or a table that is referred to, or set "
            "lw.config['jobs.allow_new_pk_fields_in_computed_tables'] = True."
        )


def _declare(
    database: Database, missing: Mapping[TableId, TableDef], classic: Collection[str], closed: Collection[str]
) -> None:
    if not missing:
        return
    if database.connection.in_transaction:
        names = ", ".join(str(i) for i in missing)
        raise TransactionError(
            f"The tables {names} are not declared yet, and tables are not made inside a transaction. Use one of "
            "them before the transaction begins, or call schema.ensure_declared()."
        )
    edges = [(p, t.id) for t in missing.values() for p in _before(t) if p in missing and p != t.id]
    database.declare([missing[i] for i in Graph(missing, edges).order()], classic, closed)
    for schema in sorted({t.id.schema for t in missing.values() if table_encoder(database, t).uses_stores}):
        ensure_catalogue(database, schema)  # now: a transaction may not see tables that are made after its beginning


def _before(table: TableDef) -> Iterator[TableId]:
    """The tables that have to be there before one is made."""
    yield from table.parents
    yield from (other for rule in table.rules if (other := other_table(rule)) is not None)


def _fill_others(schema: Schema, wanted: type[Table] | None) -> None:
    here = schema._here
    for cls in [c for c in schema._specs if c in here.unfilled and c is not wanted]:
        try:
            _fill(schema, cls)
        except LabwrightError as error:
            logger.warning("%s", error, extra={"action": "fill"})


def _fill(schema: Schema, cls: type[Table]) -> None:
    """Insert the contents of a table that has fewer rows; where that fails it is tried again next time."""
    here = schema._here
    here.unfilled.discard(cls)  # first, since inserting asks for the table
    try:
        _insert_contents(cls)
    except BaseException as error:
        here.unfilled.add(cls)
        if isinstance(error, Exception):
            raise _bad_contents(cls, error) from error
        raise


def _insert_contents(cls: type[Table]) -> None:
    contents = getattr(cls, "contents", None)
    if isinstance(contents, property):
        contents = cls().contents  # type: ignore[attr-defined]  # found by getattr above
    elif callable(contents):
        contents = contents(cls())
    rows = [] if contents is None else list(contents)
    if rows and len(cls()) < len(rows):
        cls().insert(rows, skip_duplicates=True, ignore_extra_fields=False, allow_direct_insert=True)


def _bad_contents(cls: type[Table], error: Exception) -> LabwrightError:
    """The error for contents that cannot be inserted; of the same kind, where it is one of ours."""
    ours = isinstance(error, LabwrightError)
    said = str(error) if ours else f"{type(error).__name__}: {error}"
    kind = type(error) if isinstance(error, LabwrightError) else LabwrightError
    found = kind(f"The contents of {cls.__name__} cannot be inserted. {said}")
    found.violation = error.violation if isinstance(error, LabwrightError) else None
    return found
