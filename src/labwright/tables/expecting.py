"""Changing a row only while it is as somebody has seen it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from labwright.core.alike import alike
from labwright.core.errors import ConflictError, DataError, cut
from labwright.core.heading import Attribute
from labwright.core.values import adapt
from labwright.define.table import TableDef
from labwright.query.conditions import Condition, is_missing, missing_for
from labwright.query.expr import Node, Source, restrict
from labwright.sql.database import Database
from labwright.sql.decode import DecodePlan
from labwright.sql.locking import locking

WithCodecs = Callable[[Node, DecodePlan], DecodePlan]


class Expected:
    """Attributes of a row as they were read.

    Parameters
    ----------
    table : TableDef
    values : mapping
    with_codecs : callable
        How the rows of a query are read.

    Raises
    ------
    UnknownAttributeError, DataError
        For what no row of the table could have.
    """

    def __init__(self, table: TableDef, values: Mapping[str, Any], with_codecs: WithCodecs) -> None:
        if not isinstance(values, Mapping):
            raise DataError(f"expected takes a dict of attributes as they were read, not {type(values).__name__}.")
        table.heading.require(values, "what is expected")
        self._table = table
        self._values = {n: _held(table.heading[n], v) for n, v in values.items()}
        self._with_codecs = with_codecs

    def check(self, database: Database, key: Condition) -> None:
        """Lock the row, and raise unless it is as expected; within a transaction.

        Raises
        ------
        ConflictError
        """
        now = self._now(database, key)
        differences = {n: (v, now[n]) for n, v in self._values.items() if now is not None and not alike(v, now[n])}
        if now is None or differences:
            error = ConflictError(_told(self._table, differences))
            error.differences, error.gone = differences, now is None
            raise error

    def _now(self, database: Database, key: Condition) -> dict[str, Any] | None:
        source = Source(self._table.id.schema, self._table.id.name, self._table.heading)
        node = restrict(source, key)
        names = list(dict.fromkeys([*self._table.heading.primary_key, *self._values]))
        statement, plan = database.query(node, names)
        rows = database.look_up(locking(database.dialect, statement))
        found = self._with_codecs(node, plan).dicts(rows) if names else [{} for _ in rows]
        return found[0] if found else None


def _held(attribute: Attribute, value: Any) -> Any:
    """The value as a row that is read has it; what goes through a codec is that already."""
    if is_missing(value):
        return missing_for(attribute, value)
    if attribute.type is None or attribute.type.kind == "codec":
        return value
    try:
        return adapt(attribute.type, value)
    except DataError as error:
        raise type(error)(f"Attribute {attribute.name!r}, as it is expected: {error}") from None


def _told(table: TableDef, differences: Mapping[str, tuple[Any, Any]]) -> str:
    if not differences:
        return f"The row of {table.id} was deleted since it was read. Nothing was changed."
    shown = "; ".join(f"{n} was {cut(repr(old))} and is {cut(repr(now))} now" for n, (old, now) in differences.items())
    return (
        f"The row of {table.id} was changed since it was read: {shown}. Nothing was changed. Read it again, and decide."
    )
