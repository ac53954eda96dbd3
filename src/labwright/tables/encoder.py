"""What the values of an attribute go through on their way into a database: decided once, then run for every column."""

from __future__ import annotations

import datetime
import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, Final

from labwright.codecs.base import CodecContext, Key
from labwright.codecs.chain import CodecChain
from labwright.codecs.objects import REHEARSAL, Objects
from labwright.core.errors import LabwrightError, MissingAttributeError
from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.core.values import adapt_column, canonical_check, has_none, refuse
from labwright.define.default_values import default_value
from labwright.define.table import TableDef, TableId
from labwright.sql.database import Database
from labwright.sql.decode import convert_column
from labwright.sql.dialect import Dialect, json_text
from labwright.tables.project import codec_chain

_NUL_IN_JSON: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_FLOATS: Final = ("float32", "float64")
_NUMBERS: Final = (Real, Decimal)


@dataclass(frozen=True, slots=True)
class Beside:
    """What codecs know beside the values of a column.

    Parameters
    ----------
    objects : Objects
        The stores.
    keys : sequence of mapping, optional
        The primary key of each row.
    """

    objects: Objects = REHEARSAL
    keys: Sequence[Key] | None = None


ALONE: Final = Beside()
"""Nothing: values are looked at, and nothing is kept of them."""


class ColumnEncoder:
    """Checks the values of one attribute and turns them into what is bound; an error does not say which value it was.

    Parameters
    ----------
    dialect : Dialect
    table : TableId
    attribute : Attribute
    keeps_nan : bool
        Whether nan is a number, rather than no value.
    """

    __slots__ = (
        "_attribute",
        "_check",
        "_convert",
        "_dialect",
        "_fits",
        "_has_codec",
        "_keeps_nan",
        "_may_be_nan",
        "_plain",
        "_table",
        "_type",
    )

    def __init__(self, dialect: Dialect, table: TableId, attribute: Attribute, keeps_nan: bool) -> None:
        self._dialect = dialect
        self._keeps_nan = keeps_nan
        self._table = table
        self._attribute = attribute
        self._type = attribute.stored or Type("text")
        self._has_codec = attribute.type is not None and attribute.type.codec is not None
        self._plain = {self._type.python_type}
        self._fits = canonical_check(self._type)
        self._may_be_nan = self._type.kind in _FLOATS and not keeps_nan
        self._check = _domain_check(dialect, self._type)
        self._convert = dialect.encoder(self._type)

    @property
    def has_codec(self) -> bool:
        """Whether values pass a codec."""
        return self._has_codec

    @property
    def in_store(self) -> bool:
        """Whether a codec puts values into a store."""
        return self._has_codec and self._chain().store is not None

    def validate(self, values: Sequence[Any]) -> None:
        """Raise when a value is not one for the store; nothing is put."""
        if self.in_store:
            _each(self._chain().validate, zip(values, strict=True))

    def _chain(self) -> CodecChain:
        assert self._attribute.type is not None
        return codec_chain(self._attribute.type)

    def __call__(self, values: Sequence[Any], beside: Beside = ALONE) -> Sequence[Any]:
        """One column, as it is bound."""
        if self._has_codec:
            values = self._through_codec(values, beside)
        if not self._is_ready(values):
            values = adapt_column(self._type, self._with_defaults(values))
        if self._check is not None:
            self._check(self._dialect, self._type, values)
        return values if self._convert is None else convert_column(self._convert, values, nullable=True)

    def _is_ready(self, values: Sequence[Any]) -> bool:
        """Whether all values are there, and as the type has them."""
        if self._fits is None or set(map(type, values)) != self._plain or not self._fits(self._type, values):
            return False
        return not (self._may_be_nan and any(map(operator.ne, values, values)))  # only nan differs from itself

    def _through_codec(self, values: Sequence[Any], beside: Beside) -> Sequence[Any]:
        chain = self._chain()
        context = CodecContext(self._table.schema, self._table.name, self._attribute.name, objects=beside.objects)
        keys: Sequence[Key | None] = [None] * len(values) if beside.keys is None else beside.keys

        def encode(cell: int, value: Any, key: Key | None) -> Any:
            beside.objects.at(self._attribute.name, cell)
            stored = chain.encode(value, key, context)
            beside.objects.told(stored)
            return stored

        return _each(encode, zip(range(len(values)), values, keys, strict=True))

    def _with_defaults(self, values: Sequence[Any]) -> Sequence[Any]:
        """None, and nan where it has no place, as the default."""
        attribute, type_ = self._attribute, self._type
        if type_.kind in _FLOATS:
            values = self._without_nan(values)
        elif type_.is_numeric or type_.python_type is datetime.datetime or type_.kind == "date":
            values = [None if _is_nothing(v) else v for v in values] if _has_floats_or_text(values) else values
        if attribute.nullable or not has_none(values):
            return values
        if attribute.default is None:
            raise MissingAttributeError(f"Attribute {attribute.name!r} needs a value.")
        literal = default_value(type_, attribute.default.value)
        return [literal if v is None else v for v in values]

    def _without_nan(self, values: Sequence[Any]) -> Sequence[Any]:
        """Nan as NULL where the database has no nan; never as a default, which would be another number."""
        if "" in values:
            values = [None if isinstance(v, str) and v == "" else v for v in values]
        if self._keeps_nan or not any(map(operator.ne, values, values)):  # only nan differs from itself
            return values
        gone = [isinstance(v, _NUMBERS) and math.isnan(v) for v in values]
        if any(gone) and not self._attribute.nullable and self._attribute.default is not None:
            who = "The classic generation" if self._dialect.keeps_nan else self._dialect.title
            why = f"{who} has no nan; leave the value out to have the default."
            refuse(self._type, math.nan, why)
        return [None if g else v for v, g in zip(values, gone, strict=True)]


def _each(function: Callable[..., Any], cells: Iterable[tuple[Any, ...]]) -> list[Any]:
    """What `function` gives for each of the cells; an error knows which one it is about."""
    done: list[Any] = []
    try:
        for cell in cells:
            done.append(function(*cell))  # noqa: PERF401 - it is counted when one fails
    except LabwrightError as error:
        if not error.attribute:  # else it is about another one, which was on its way into a store
            error.cell = len(done)
        raise
    return done


def _has_floats_or_text(values: Sequence[Any]) -> bool:
    return any(
        t is float or t is str or t.__name__ in ("NaTType", "datetime64", "float64") for t in set(map(type, values))
    )


def _is_nothing(value: Any) -> bool:
    """What means "no value" in a column of numbers or times: nan, NaT and empty text."""
    return value == "" if isinstance(value, str) else value != value  # only nan differs from itself


def without_value(values: Sequence[Any]) -> list[bool]:
    """Which of the values of a column of numbers or times mean that there is none; empty when none does."""
    if _has_floats_or_text(values):
        return [v is None or _is_nothing(v) for v in values]
    return [v is None for v in values] if None in values else []


Check = Callable[[Dialect, Type, Sequence[Any]], None]


def _domain_check(dialect: Dialect, type_: Type) -> Check | None:
    """What refuses the values of a type that this database in particular cannot hold."""
    if type_.kind in _FLOATS:
        return None if dialect.keeps_infinity else _refuse_infinity
    if dialect.keeps_nul:
        return None
    if type_.is_text:
        return _refuse_nul
    return _refuse_nul_in_json if type_.kind == "json" else None


def _refuse_infinity(dialect: Dialect, type_: Type, values: Sequence[Any]) -> None:
    for value in (math.inf, -math.inf):
        if value in values:
            refuse(type_, value, f"{dialect.title} has no infinity.")


def _refuse_nul(dialect: Dialect, type_: Type, values: Sequence[Any]) -> None:
    for value in values:
        if value is not None and "\0" in value:
            refuse(type_, value, f"{dialect.title} cannot keep the character NUL in text; use bytes.")


def _refuse_nul_in_json(dialect: Dialect, type_: Type, values: Sequence[Any]) -> None:
    for value in values:
        if value is not None and _NUL_IN_JSON.search(json_text(value)):
            refuse(type_, value, f"{dialect.title} cannot keep the character NUL in JSON; use <blob>.")


class TableEncoder:
    """What is known about the rows of a table before any is given.

    Parameters
    ----------
    dialect : Dialect
    table : TableDef
    keeps_nan : bool
        Whether nan is a number, rather than no value.
    """

    __slots__ = ("columns", "has_codecs", "left_to_database", "required", "table", "uses_stores")

    def __init__(self, dialect: Dialect, table: TableDef, *, keeps_nan: bool) -> None:
        attributes = table.heading.attributes
        self.table = table
        self.columns = {n: ColumnEncoder(dialect, table.id, a, keeps_nan) for n, a in attributes.items()}
        self.required = tuple(n for n, a in attributes.items() if a.required)
        types = [a.type for a in attributes.values() if a.type is not None and a.type.codec is not None]
        self.has_codecs = bool(types)
        self.uses_stores = any(codec_chain(type_).store is not None for type_ in types)
        self.left_to_database = frozenset(
            n for n, a in attributes.items() if a.auto or (a.default and a.default.kind == "now")
        )


def table_encoder(database: Database, table: TableDef) -> TableEncoder:
    """The encoder of a table, made when it is first asked for."""
    found: TableEncoder | None = database.derived.get(table.id)
    if found is None or found.table is not table:
        keeps_nan = database.dialect.keeps_nan and table.id.schema not in database.classic  # which never had it
        found = database.derived[table.id] = TableEncoder(database.dialect, table, keeps_nan=keeps_nan)
    return found
