"""Stubs: what type checkers and editors are told of tables, as the text of a ``.pyi``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from keyword import iskeyword
from typing import Final

from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.define.table import TableDef
from labwright.tables.schema import Schema
from labwright.tables.table import Table

HEADER: Final = '''\
# mypy: disable-error-code="override"
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false
import collections.abc as _abc
import datetime as _datetime
import decimal as _decimal
import os as _os
import typing as _t
import uuid as _uuid

import labwright

class _Columns(_t.Protocol):
    """A pandas or polars frame, or an Arrow table."""

    @property
    def columns(self) -> _t.Any: ...

class _Array(_t.Protocol):
    """A structured array."""

    @property
    def dtype(self) -> _t.Any: ...

_Rows: _t.TypeAlias = (
    _Columns | _Array | labwright.QueryExpression | type[labwright.Table] | str | _os.PathLike[str]
)
'''
"""What the text of every stub begins with."""

_READ: Final[Mapping[str, str]] = {
    "float32": "float",
    "float64": "float",
    "bool": "bool",
    "char": "str",
    "varchar": "str",
    "text": "str",
    "year": "int",
    "date": "_datetime.date",
    "time": "_datetime.time",
    "datetime": "_datetime.datetime",
    "timestamp": "_datetime.datetime",
    "datetime_utc": "_datetime.datetime",
    "decimal": "_decimal.Decimal",
    "uuid": "_uuid.UUID",
    "bytes": "bytes",
}
"""The type of a value that is read, by its kind; whole numbers and labels are told apart elsewhere."""
_WRITTEN: Final[Mapping[str, str]] = {
    "bool": "bool | int",
    "date": "_datetime.date | str",
    "time": "_datetime.time | str",
    "datetime": "_datetime.datetime | str",
    "timestamp": "_datetime.datetime | str",
    "datetime_utc": "_datetime.datetime | str",
    "decimal": "_decimal.Decimal | int | str",
    "uuid": "_uuid.UUID | str",
}
"""What may be given for a value, where that is more than its type."""
_ANY: Final = "_t.Any"
_BUILTIN: Final = frozenset({"bool", "bytes", "float", "int", "str", "tuple"})
"""Types that an attribute of the same name hides from those below it in a class."""
_SLICE: Final = "order_by: str | _abc.Iterable[str] | None = None, limit: int | None = None, offset: int | None = None"
_FILES: Final = "squeeze: bool = False, download_path: _t.Any = None"
_INSERT: Final = (
    "replace: bool = False, skip_duplicates: bool = False, ignore_extra_fields: bool = False, "
    "allow_direct_insert: bool | None = None, chunk_size: int | None = None"
)


TableOf = Callable[[type[Table]], TableDef]


def schema_stub(schema: Schema) -> str:
    """The stub of a module that holds the tables of a schema.

    Parameters
    ----------
    schema : Schema
        One whose tables are in the database, as `virtual_schema` gives it.
    """
    masters = {cls.__name__: cls for cls in schema.masters() if not iskeyword(cls.__name__)}
    stubs = [class_stub(cls, schema.table_def) for cls in schema if masters.get(cls.__name__) is cls]
    return "\n".join([HEADER, "schema: labwright.Schema\n", *stubs])


def class_stub(cls: type[Table], table_of: TableOf, *, bases: str = "", members: Iterable[str] = ()) -> str:
    """The stub of a table's class, with the parts in it.

    Parameters
    ----------
    cls : type
    table_of : callable
        Gives what a class is as a table.
    bases : str, optional
        As the class has them; by default the tier.
    members : iterable of str
        Lines for what else is in the class.
    """
    assert cls._schema is not None
    table, parts = table_of(cls), [p for p in cls._schema.part_classes(cls) if not iskeyword(p.__name__)]
    types = _Types(table, [p.__name__ for p in parts])
    lines = [
        *([repr(table.comment)] if table.comment else []),
        *(line for part in parts for line in class_stub(part, table_of).splitlines()),
        *types.rows(),
        *types.verbs(),
        *members,
    ]
    head = f"class {cls.__name__}({bases or f'labwright.{table.id.parsed.tier.capitalize()}'}):"
    return "\n".join([head, *(f"    {line}" for line in lines)]) + "\n"


class _Types:
    """The types of a table's rows, and the verbs in terms of them."""

    def __init__(self, table: TableDef, parts: Sequence[str]) -> None:
        self.attributes = table.heading.attributes
        self.parts = parts
        self.row, self.key, self.new, self.changes = map(self._free, ("Row", "Key", "NewRow", "Changes"))
        self.values, self.attribute, self.with_parts = map(self._free, ("Values", "Attribute", "WithParts"))

    def _free(self, name: str) -> str:
        """Parts keep their names."""
        return f"{name}_" if name in self.parts else name

    def rows(self) -> Iterator[str]:
        """The dicts that stand for a row: as it is read, its key, as it is inserted and as it is changed."""
        attributes = self.attributes
        yield from _typed_dict(self.row, {n: _read(a) for n, a in attributes.items()})
        yield from _typed_dict(self.key, {n: _read(a) for n, a in attributes.items() if a.in_key})
        yield from _typed_dict(self.new, {n: _new(a) for n, a in attributes.items()})
        yield from _typed_dict(self.changes, {n: _changed(a) for n, a in attributes.items()})
        if self.parts:
            given = {p: f"_abc.Iterable[{p}.NewRow | {p}.Values] | _Rows" for p in self.parts}
            yield from _typed_dict(self.with_parts, given, total=False)
        yield f"{self.values}: _t.TypeAlias = tuple[{', '.join(map(_given, attributes.values())) or '()'}]"
        yield f"{self.attribute}: _t.TypeAlias = _t.Literal[{', '.join(map(repr, attributes)) or repr('')}]"

    def verbs(self) -> Iterator[str]:
        """What reads and writes rows."""
        yield from self._fetch1()
        yield from _classmethod(f"to_dicts(cls, {_SLICE}, {_FILES}) -> list[{self.row}]")
        yield from _classmethod(f"keys(cls, {_SLICE}) -> list[{self.key}]")
        yield f"def __iter__(self) -> _abc.Iterator[{self.row}]: ..."
        given = f"{self.new} | {self.values}"
        parts = f"{self.with_parts} | None" if self.parts else "None"
        yield from _classmethod(
            f"insert(cls, rows: _abc.Iterable[{given}] | _Rows, {_INSERT}, parts: {parts} = None) -> None"
        )
        yield from _classmethod(f"insert1(cls, /, row: {given}, {_INSERT}) -> None")
        yield from _classmethod(f"update1(cls, row: {self.changes}) -> None")

    def _fetch1(self) -> Iterator[str]:
        ways = [("/", self.row), ("attribute: _t.Literal['KEY'], /", self.key)]
        ways += [(f"attribute: _t.Literal[{name!r}], /", _read(a)) for name, a in self.attributes.items()]
        several = f"{self.attribute} | _t.Literal['KEY']"
        ways += [(f"first: {several}, second: {several}, /, *attributes: {several}", "tuple[_t.Any, ...]")]
        for taken, given in ways:
            yield "@_t.overload"
            yield from _classmethod(f"fetch1(cls, {taken}, **options: _t.Any) -> {given}")


def _classmethod(signature: str) -> tuple[str, str]:
    """A method that may be called on the class and on its rows, so is told as one of the class."""
    return "@classmethod", f"def {signature}: ..."


def _typed_dict(name: str, fields: Mapping[str, str], *, total: bool = True) -> Iterator[str]:
    if any(not n.isidentifier() or iskeyword(n) or n in _BUILTIN for n in fields):
        yield f"{name} = _t.TypedDict({name!r}, {{{', '.join(f'{n!r}: {t}' for n, t in fields.items())}}})"
        return
    yield f"class {name}(_t.TypedDict{'' if total else ', total=False'}):"
    yield from (f"    {n}: {t}" for n, t in fields.items())
    if not fields:
        yield "    pass"


def _read(attribute: Attribute) -> str:
    """The type of a value that is read."""
    return _or_none(_plain(attribute.type), attribute)


def _given(attribute: Attribute) -> str:
    """The type of a value that is inserted."""
    type_ = attribute.type
    return _or_none(_WRITTEN.get(type_.kind, _plain(type_)) if type_ else _ANY, attribute)


def _new(attribute: Attribute) -> str:
    return _given(attribute) if attribute.required else f"_t.NotRequired[{_given(attribute)}]"


def _changed(attribute: Attribute) -> str:
    given = _given(attribute)
    if attribute.in_key:
        return given
    return (
        f"_t.NotRequired[{given}]"
        if attribute.default is None or attribute.nullable
        else f"_t.NotRequired[{given} | None]"
    )


def _or_none(text: str, attribute: Attribute) -> str:
    return f"{text} | None" if attribute.nullable and text != _ANY else text


def _plain(type_: Type | None) -> str:
    if type_ is None:
        return _ANY
    if type_.is_integer:
        return "int"
    if type_.kind == "enum":
        return f"_t.Literal[{', '.join(map(repr, type_.args))}]"
    return _READ.get(type_.kind, _ANY)
