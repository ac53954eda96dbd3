"""The shape of a query: all that its statement depends on, without the values that are bound.

A shape is nested tuples, each node and each condition as what makes it and its fields, with `VALUE` where a value
was. So it can be the key of a cache, and the query can be made of it again, with places for values. What shows in the
text of a statement stays in the shape: that a value is missing, how many keys there are, limits, and literals.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from labwright.query import expr
from labwright.query.conditions import (
    NAN,
    AllOf,
    AnyOf,
    Beyond,
    Compared,
    Condition,
    Constant,
    Equal,
    InQuery,
    Keys,
    Negated,
    PathEqual,
    Text,
)
from labwright.sql.dialect import is_infinite

VALUE: Final = object()
"""Stands in a shape for a value."""


class Place(NamedTuple):
    """Stands in a query for the value with this `number`; `first` is the one that was met there first."""

    number: int
    first: Any


def shape_of(item: expr.Node | Condition, values: list[Any]) -> Hashable:
    """The shape of a query; its values are added to `values`, in the order of their places.

    Examples
    --------
    >>> values = []
    >>> shape_of(Negated(Equal("a", 5)), values) == shape_of(Negated(Equal("a", 6)), values)
    True
    >>> values
    [5, 6]
    """
    return _SHAPES[type(item)](item, values)


def query_of(shape: Any, values: Iterator[Any]) -> Any:
    """The query that has this shape and these values."""
    if shape is VALUE:
        return next(values)
    if type(shape) is not tuple:
        return shape
    parts = tuple(query_of(part, values) for part in shape)
    return parts[0](*parts[1:]) if parts and callable(parts[0]) else parts


def _equal(item: Equal, values: list[Any]) -> Hashable:
    return (Equal, item.name, _value(item.value, values))


def _compared(item: Compared, values: list[Any]) -> Hashable:
    return (Compared, item.name, item.operator, _value(item.value, values), item.ignore_case)


def _beyond(item: Beyond, values: list[Any]) -> Hashable:
    return (Beyond, item.names, item.descending, tuple(_value(v, values) for v in item.values))


def _path_equal(item: PathEqual, values: list[Any]) -> Hashable:
    return (PathEqual, item.scalar, _value(item.value, values))


def _value(value: Any, values: list[Any]) -> object:
    """What has no place in every database shows in the text, so it stays."""
    if value is None or value is NAN or is_infinite(value):
        return value
    values.append(value)
    return VALUE


def _keys(item: Keys, values: list[Any]) -> Hashable:
    values.append(item.rows)
    return (_keys_again, item.names, VALUE, len(item.rows), _infinite(item.rows))


def _infinite(rows: Sequence[Sequence[Any]]) -> int:
    """How many rows have an infinity; where the first one has no float, no other has."""
    if not any(isinstance(v, float) for v in rows[0]):
        return 0
    return sum(any(map(is_infinite, row)) for row in rows)


def _keys_again(names: tuple[str, ...], rows: Any, *_counts: int) -> Keys:
    return Keys(names, rows)


def _items(items: tuple[Condition, ...], values: list[Any]) -> Hashable:
    return tuple([_SHAPES[type(i)](i, values) for i in items])


_SHAPES: Final[Mapping[type, Callable[[Any, list[Any]], Hashable]]] = {
    expr.Source: lambda n, v: n,
    expr.Restrict: lambda n, v: (expr.Restrict, shape_of(n.node, v), shape_of(n.condition, v), n.heading),
    expr.Project: lambda n, v: (expr.Project, shape_of(n.node, v), n.items, n.heading),
    expr.Join: lambda n, v: (expr.Join, shape_of(n.left, v), shape_of(n.right, v), n.on, n.outer, n.heading),
    expr.Aggregate: lambda n, v: (
        expr.Aggregate,
        n.by and shape_of(n.by, v),
        shape_of(n.group, v),
        n.key,
        n.items,
        n.keep_all,
        n.heading,
    ),
    expr.Union: lambda n, v: (expr.Union, shape_of(n.left, v), shape_of(n.right, v), n.heading, n.disjoint),
    expr.Slice: lambda n, v: (expr.Slice, shape_of(n.node, v), n.order, n.limit, n.offset, n.heading),
    expr.Distinct: lambda n, v: (expr.Distinct, shape_of(n.node, v), n.names, n.heading),
    Constant: lambda c, v: c,
    Equal: _equal,
    Compared: _compared,
    Beyond: _beyond,
    PathEqual: _path_equal,
    Keys: _keys,
    Text: lambda c, v: (Text, c.scalar),
    InQuery: lambda c, v: (InQuery, c.on, shape_of(c.node, v)),
    AllOf: lambda c, v: (AllOf, _items(c.items, v)),
    AnyOf: lambda c, v: (AnyOf, _items(c.items, v)),
    Negated: lambda c, v: (Negated, shape_of(c.item, v)),
}
