"""Expressions of the algebra <-> data that JSON can hold.

So a rule can be kept in a database, compared, and written again for another kind of database.
"""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any, Final

from labwright.core.errors import QueryError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Default, Type
from labwright.query import conditions, expr
from labwright.query.conditions import NAN, Condition
from labwright.query.nodes import walk
from labwright.query.scalar import Scalar, json_scalar, parse_scalar

Expression = expr.Node | Condition | Scalar

_PARTS: Final[Mapping[str, type]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            expr.Source, expr.Restrict, expr.Project, expr.Join, expr.Aggregate, expr.Union, expr.Slice, expr.Distinct,
            conditions.Constant, conditions.Equal, conditions.Keys, conditions.Text, conditions.PathEqual,
            conditions.InQuery, conditions.AllOf, conditions.AnyOf, conditions.Negated, conditions.Compared,
            conditions.Beyond,
        )
    }
)  # fmt: skip
_VALUES: Final[Mapping[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]]] = MappingProxyType(
    {
        "float": (float, repr, float),
        "decimal": (decimal.Decimal, str, decimal.Decimal),
        "datetime": (datetime.datetime, datetime.datetime.isoformat, datetime.datetime.fromisoformat),
        "date": (datetime.date, datetime.date.isoformat, datetime.date.fromisoformat),
        "time": (datetime.time, datetime.time.isoformat, datetime.time.fromisoformat),
        "uuid": (uuid.UUID, str, uuid.UUID),
        "bytes": (bytes, bytes.hex, bytes.fromhex),
    }
)
"""Values that JSON has no form for: their type, and the way there and back."""


def to_data(expression: Expression, *, slim: bool = False) -> dict[str, Any]:
    """Return `expression` as data.

    Parameters
    ----------
    expression : Node, Condition or Scalar
    slim : bool
        Whether to leave out of the headings whatever the result does not depend on: attributes that are not used,
        comments, defaults, origins. So the data stay the same when a table gets another attribute.

    Examples
    --------
    >>> mouse = expr.Source("lab", "mouse", Heading([Attribute("mouse", Type("int32"), in_key=True)]))
    >>> from_data(to_data(mouse)) == mouse
    True
    """
    return _Writer(names_used(expression) if slim else None).dict(expression)


def names_used(expression: Expression) -> frozenset[str]:
    """Every name that the result of an expression depends on; some text that is no name may be among them.

    Examples
    --------
    >>> mouse = expr.Source("lab", "mouse", Heading([Attribute("mouse", Type("int32"), in_key=True)]))
    >>> "mouse" in names_used(mouse)
    True
    """
    return frozenset(_used(expression))


def from_data(data: Mapping[str, Any]) -> Any:
    """Return the expression of which `to_data` gave `data`."""
    return _read(data)


class _Writer:
    """Writes data; of headings only the attributes `used`, unless that is None."""

    def __init__(self, used: frozenset[str] | None) -> None:
        self.used = used

    def dict(self, thing: Any) -> dict[str, Any]:
        if isinstance(thing, Scalar):
            return _scalar_data(thing)
        told = {f.name: self.write(getattr(thing, f.name)) for f in fields(thing)}
        return {"is": type(thing).__name__, **told}

    def write(self, thing: Any) -> Any:
        if thing is None or isinstance(thing, (bool, int, str)):
            return thing
        if isinstance(thing, tuple):
            return [self.write(t) for t in thing]
        if isinstance(thing, Heading):
            kept = (a for n, a in thing.items() if self.used is None or n in self.used)
            return {"attributes": [_attribute_data(a, slim=self.used is not None) for a in kept]}
        if isinstance(thing, Scalar) or type(thing).__name__ in _PARTS:
            return self.dict(thing)
        for name, (kind, write, _) in _VALUES.items():
            if isinstance(thing, kind):
                return {name: write(thing)}
        raise QueryError(f"{thing!r} ({type(thing).__name__}) cannot be kept.")


def _used(thing: Any) -> Iterator[str]:
    """Every name that counts; some text that is no name may be among them."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Scalar):
        yield from (name.rpartition(".")[2] for name in thing.names)
    elif isinstance(thing, Heading):
        yield from thing.primary_key
    elif isinstance(thing, tuple):
        for item in thing:
            yield from _used(item)
    elif is_dataclass(thing):
        if isinstance(thing, expr.Aggregate) and thing.by is not None:
            yield from (n for n in thing.by.heading if n in thing.group.heading)
        for field in fields(thing):
            yield from _used(getattr(thing, field.name))


def _read(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(_read(d) for d in data)
    if not isinstance(data, Mapping):
        return data
    if "is" in data:
        return _PARTS[data["is"]](**{name: _read(d) for name, d in data.items() if name != "is"})
    if "attributes" in data:
        return Heading(_read_attribute(a) for a in data["attributes"])
    if "path" in data:
        return _read_path(data)
    if "text" in data:
        known = (Attribute(n, _read_type(t), nullable=nullable) for n, (t, nullable) in data["names"].items())
        return parse_scalar(data["text"], Heading(known))
    ((name, text),) = data.items()
    value = _VALUES[name][2](text)
    return NAN if isinstance(value, float) and math.isnan(value) else value


def _scalar_data(scalar: Scalar) -> dict[str, Any]:
    nullable = {n.value: n.nullable for n in walk(scalar.tree) if n.op == "name"}
    names = {n: [_type_data(scalar.types[n]), nullable.get(n, True)] for n in scalar.names}
    path = _path_data(scalar)
    return {"path": path, "names": names} if path else {"text": scalar.text, "names": names}


def _path_data(scalar: Scalar) -> list[Any] | None:
    """The path and the type that `json_scalar` was asked for; None for an expression that was written as such."""
    if scalar.tree.op != "json":
        return None
    steps, target = scalar.tree.value
    names = {n: [_type_data(scalar.types[n]), True] for n in scalar.names}
    for type_ in (None, target):
        path = [list(steps), _type_data(type_)]
        if _read_path({"path": path, "names": names}) is scalar:
            return path
    return None


def _read_path(data: Mapping[str, Any]) -> Scalar:
    steps, type_ = data["path"]
    ((name, (stored, _)),) = data["names"].items()
    heading = Heading((Attribute(name, _read_type(stored)),))
    return json_scalar(name, tuple(steps), _read_type(type_), heading)


def _attribute_data(attribute: Attribute, *, slim: bool) -> dict[str, Any]:
    default = attribute.default
    told = {
        "name": attribute.name,
        "type": _type_data(attribute.type),
        "in_key": attribute.in_key,
        "nullable": attribute.nullable,
        "storage": _type_data(attribute.storage),
    }
    if not slim:
        told |= {
            "default": [default.kind, default.value] if default else None,
            "comment": attribute.comment,
            "lineage": attribute.lineage,
            "expression": attribute.expression,
        }
    return {name: value for name, value in told.items() if value}


def _read_attribute(data: Mapping[str, Any]) -> Attribute:
    default = data.get("default")
    return Attribute(
        data["name"],
        _read_type(data.get("type")),
        data.get("in_key", False),
        data.get("nullable", False),
        Default(*default) if default else None,
        data.get("comment", ""),
        data.get("lineage"),
        _read_type(data.get("storage")),
        data.get("expression", ""),
    )


def _type_data(type_: Type | None) -> Any:
    """A plain type is its kind."""
    if type_ is None:
        return None
    told = {"args": list(type_.args), "auto": type_.auto, "codec": type_.codec, "store": type_.store}
    more = {name: value for name, value in told.items() if value or value == ""}
    return {"kind": type_.kind, **more} if more else type_.kind


def _read_type(data: Any) -> Type | None:
    if data is None or isinstance(data, str):
        return Type(data) if data else None
    return Type(
        data["kind"], tuple(data.get("args", ())), auto=data.get("auto", False), codec=data.get("codec"),
        store=data.get("store"),
    )  # fmt: skip
