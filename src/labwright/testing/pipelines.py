"""Hypothesis strategies for whole pipelines: tables that refer to each other, and rows that respect it."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from labwright.core.errors import DefinitionError
from labwright.core.heading import Attribute
from labwright.core.types import Default, Type
from labwright.define.ast import AttributeSpec, Entry, ReferenceSpec, TableSpec
from labwright.define.table import ForeignKey, TableDef, TableId, resolve_table

Row = dict[str, Any]

KEY_VALUES: Final[Mapping[Type, Sequence[Any]]] = {
    Type("int32"): (0, 1, 2),
    Type("int8"): (-128, 0, 127),
    Type("varchar", (8,)): ("a", "A", "a ", "%s", "'\\"),
    Type("date"): (datetime.date(2024, 2, 29), datetime.date(1999, 12, 31)),
    Type("enum", ("low", "high", "a'b")): ("low", "high", "a'b"),
    Type("uuid"): (uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)),
    Type("decimal", (5, 2)): (Decimal("-1.50"), Decimal("0.00"), Decimal("999.99")),
    Type("datetime", (3,)): (datetime.datetime(2024, 1, 1, 12, 0, 0, 1000), datetime.datetime(1970, 1, 1)),  # noqa: DTZ001
}
"""Types of key attributes, with few values each, so that rows of different tables meet."""
VALUES: Final[Mapping[Type, Sequence[Any]]] = {
    **KEY_VALUES,
    Type("bool"): (True, False),
    Type("int64"): (-(2**53), 0, 3),
    Type("float64"): (-0.5, 0.0, 3.25),
    Type("float32"): (0.5, 16777216.0, 123456.7890625),
    Type("text"): ("", "Zoë", "zoe", "日本", "--'"),
    Type("char", (3,)): ("ab", "AB", ""),
    Type("decimal", (30, 4)): (Decimal("-12345678901234567890.1234"), Decimal("0.5000")),
    Type("time"): (datetime.time(0, 0), datetime.time(23, 59, 59)),
    Type("json"): ({"n": 1, "t": "x"}, {"n": 2.5, "t": None}, {}, [1]),
    Type("bytes"): (b"", b"\x00'\xff"),
}
"""Types of secondary attributes, with few values each."""
TIERS: Final = ("", "#", "_", "__")
NAMES: Final = ("a", "b", "c")
ROW_COUNTS: Final = (3, 4, 5, 5, 1, 0)


@dataclass(frozen=True)
class Pipeline:
    """Tables, parents first, and their rows."""

    tables: tuple[TableDef, ...]
    rows: Mapping[tuple[str, str], list[Row]]


@st.composite
def pipelines(draw: st.DrawFn, schema: str = "lab", *, most_tables: int = 4) -> Pipeline:
    """Draw a pipeline.

    References are plain, renamed, nullable, composite and diamond; values are few, so that joins match.

    Parameters
    ----------
    schema : str
    most_tables : int
    """
    tables: dict[str, TableDef] = {}
    rows: dict[tuple[str, str], list[Row]] = {}
    for number in range(draw(st.integers(1, most_tables))):
        table = draw(_tables(TableId(schema, _name(draw, number, tables)), tables))
        tables[table.id.name] = table
        rows[schema, table.id.name] = draw(_rows(table, rows))
    return Pipeline(tuple(tables.values()), rows)


def _name(draw: st.DrawFn, number: int, tables: Mapping[str, TableDef]) -> str:
    """A table of some tier, or a part of a table that is there."""
    masters = [n for n in tables if n.lstrip("#_").count("__") == 0]
    if masters and draw(st.integers(0, 3)) == 0:
        return f"{draw(st.sampled_from(masters))}__t{number}"
    return f"{draw(st.sampled_from(TIERS))}t{number}"


@st.composite
def _tables(draw: st.DrawFn, id_: TableId, parents: Mapping[str, TableDef]) -> TableDef:
    key: list[Entry] = []
    body: list[Entry] = []
    for _ in range(draw(st.integers(0, 2)) if parents else 0):
        in_key = draw(st.booleans())
        place = key if in_key else body
        place.append(draw(_references(parents, nullable=not in_key and draw(st.booleans()))))
        if _resolved(id_, key, body, parents) is None:
            place.pop()
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True)):
        key.append(AttributeSpec(name, draw(st.sampled_from(list(KEY_VALUES)))))
        if _resolved(id_, key, body, parents) is None:
            key.pop()
    if not key:
        key.append(AttributeSpec(f"own_{id_.name.lstrip('#_')}", Type("int32")))
    for name in draw(st.lists(st.sampled_from(["u", "v", "w", *NAMES]), max_size=3, unique=True)):
        default = Default("null") if draw(st.booleans()) else None
        body.append(AttributeSpec(name, draw(st.sampled_from(list(VALUES))), default))
        if _resolved(id_, key, body, parents) is None:
            body.pop()
    table = _resolved(id_, key, body, parents)
    assert table is not None
    return table


@st.composite
def _references(draw: st.DrawFn, parents: Mapping[str, TableDef], *, nullable: bool) -> ReferenceSpec:
    target = draw(st.sampled_from(list(parents)))
    renamed = [n for n in parents[target].heading.primary_key if draw(st.integers(0, 3)) == 0]
    return ReferenceSpec((target,), {f"{name}_2": name for name in renamed if len(name) < 20}, nullable)


def _resolved(
    id_: TableId, key: Sequence[Entry], body: Sequence[Entry], parents: Mapping[str, TableDef]
) -> TableDef | None:
    """The table, when its entries go together."""
    try:
        return resolve_table(id_, TableSpec(tuple(key), tuple(body)), lambda r: parents[r.target[0]], lambda t: t)
    except DefinitionError:
        return None


@st.composite
def _rows(draw: st.DrawFn, table: TableDef, known: Mapping[tuple[str, str], list[Row]]) -> list[Row]:
    found: dict[tuple[Any, ...], Row] = {}
    for _ in range(draw(st.sampled_from(ROW_COUNTS))):
        row = _inherited(draw, table, known)
        if row is not None:
            row = {n: row[n] if n in row else draw(_cells(a)) for n, a in table.heading.attributes.items()}
            found.setdefault(tuple(row[n] for n in table.heading.primary_key), row)
    return list(found.values())


def _inherited(draw: st.DrawFn, table: TableDef, known: Mapping[tuple[str, str], list[Row]]) -> Row | None:
    """What references bring; None when no parents go together."""
    row: Row = {}
    for fk in table.foreign_keys:
        parents = [_as_child(fk, parent) for parent in known[fk.parent.schema, fk.parent.name]]
        fitting = [p for p in parents if all(row.get(n, v) == v for n, v in p.items())]
        free = [n for n in fk.columns if n not in row and table.heading[n].nullable]
        if free:
            fitting.append(dict.fromkeys(free))
        if not fitting:
            return None
        row |= draw(st.sampled_from(fitting))
    return row


def _as_child(fk: ForeignKey, parent: Row) -> Row:
    return {c: parent[p] for c, p in zip(fk.columns, fk.parent_columns, strict=True)}


def _cells(attribute: Attribute) -> st.SearchStrategy[Any]:
    assert attribute.type is not None
    values = st.sampled_from(VALUES[attribute.type])
    return st.none() | values if attribute.nullable else values
