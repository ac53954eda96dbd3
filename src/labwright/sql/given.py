"""Conditions that the key of a row answers alone: they tell its children as well, and need not be looked up first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from labwright.query.conditions import (
    AllOf,
    AnyOf,
    Beyond,
    Compared,
    Condition,
    Constant,
    Equal,
    Keys,
    Negated,
    Text,
)
from labwright.query.expr import Node, Restrict, Source
from labwright.query.nodes import walk
from labwright.query.plan import WHOLE, Ref
from labwright.query.scalar import Scalar
from labwright.sql.compiler import Compiler
from labwright.sql.dialect import Dialect, Fragment
from labwright.sql.freeze import Shape

PLAIN: Final = frozenset(
    "name text number null truth to in like between not and or xor neg = <> < > <= >= <=> + - *".split()
) | {"is null"}
"""Steps of an expression whose value depends on the row and on nothing else: no clock, no dice."""
MANY_KEYS: Final = 10_000
"""From so many keys on they are better set aside once than sent for every table."""
LISTED: Final[Mapping[str, int]] = MappingProxyType({"mysql": 500})
"""How many keys are written out in a list where a join makes a deletion take twice as long."""


class GivenKeys:
    """The keys that meet a condition of this kind, as a `KeySet` that is never filled."""

    __slots__ = ("dialect", "node", "shape")

    def __init__(self, dialect: Dialect, shape: Shape, node: Node) -> None:
        self.dialect = dialect
        self.shape = shape
        self.node = node

    @property
    def size(self) -> int:
        """Whatever it is, not 0."""
        return 1

    def among(self, columns: Sequence[str], own: Sequence[str]) -> Iterator[Fragment]:
        """The condition, said of `columns`."""
        condition, heading = _condition(self.node), self.node.heading
        here = dict(zip(own, columns, strict=True))
        if isinstance(condition, Keys) and self.dialect.name in LISTED:
            yield from self._listed(condition, [here[n] for n in condition.names])
            return
        compiler = Compiler(self.dialect)
        compiler.condition(condition, {n: Ref(WHOLE, c, heading[n]) for n, c in here.items()})
        yield Fragment(f"({compiler.writer.sql})", tuple(compiler.writer.params))

    def _listed(self, condition: Keys, columns: Sequence[str]) -> Iterator[Fragment]:
        types = [self.shape.types[n] for n in condition.names]
        left = ", ".join(map(self.dialect.quote, columns))
        mark = f"({', '.join([self.dialect.placeholder] * len(columns))})"
        size = LISTED[self.dialect.name]
        given = self.dialect.possible_rows(types, condition.rows)
        for start in range(0, len(given), size):
            encoded = self.dialect.encoded_rows(types, given[start : start + size])
            rows = list(zip(*encoded, strict=True))
            yield Fragment(f"({left}) IN ({', '.join([mark] * len(rows))})", tuple(v for row in rows for v in row))


def key_names(node: Node) -> tuple[str, ...] | None:
    """The key attributes that decide which rows of a table `node` has; None when more than these does.

    Examples
    --------
    >>> from labwright.core.heading import Heading
    >>> key_names(Source("lab", "mouse", Heading([])))
    ()
    """
    if not isinstance(node, Source) and not (isinstance(node, Restrict) and isinstance(node.node, Source)):
        return None
    names = _names(_condition(node))
    if names is None or not names <= set(node.heading.primary_key):
        return None
    return tuple(sorted(names))


def _condition(node: Node) -> Condition:
    return node.condition if isinstance(node, Restrict) else Constant(True)


def _names(condition: Condition) -> set[str] | None:
    """The attributes of a plain condition; None for one that is not."""
    if isinstance(condition, (Equal, Compared)):
        return {condition.name}
    if isinstance(condition, Beyond):
        return set(condition.names)
    if isinstance(condition, Keys):
        return set(condition.names) if len(condition.rows) < MANY_KEYS else None
    if isinstance(condition, Text):
        return set(condition.scalar.names) if _is_plain(condition.scalar) else None
    if isinstance(condition, Negated):
        return _names(condition.item)
    if isinstance(condition, AllOf | AnyOf):
        found = [_names(item) for item in condition.items]
        return None if None in found else {n for names in found if names for n in names}
    return set() if isinstance(condition, Constant) else None


def _is_plain(scalar: Scalar) -> bool:
    return all(node.op in PLAIN for node in walk(scalar.tree))
