"""Who has to wait for whom, so that a rule across tables holds among concurrent writers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from labwright.core.heading import Heading
from labwright.define.table import TableId
from labwright.query import expr
from labwright.query.conditions import AllOf, InQuery, Text
from labwright.query.scalar import Scalar
from labwright.query.written import WRITTEN

_Pairs = frozenset[tuple[str, str]]
_Leaf = tuple[TableId, _Pairs]


def locks(table: TableId, node: expr.Node, row: str) -> list[list[Any]]:
    """What writers of the tables that a rule looks at have in common, so that they wait for one another.

    Where every table in the query is narrowed to rows with a value of the written row, and that value is of the same
    origin everywhere, it is that value; else it is the tables as a whole. Lookup tables, which hardly change, do not
    count.
    """
    leaves = [leaf for leaf in _leaves(node, row, frozenset()) if not leaf[0].name.startswith("#")]
    if not leaves:
        return []
    tables = sorted({str(table), *(str(id_) for id_, _ in leaves)})
    common = set.intersection(*({origin for origin, _ in pairs} for _, pairs in leaves))
    narrow = sorted({pair for _, pairs in leaves for pair in pairs if pair[0] in common})
    return [*([t, [], bool(narrow)] for t in tables), *([origin, [name], False] for origin, name in narrow)]


def _leaves(node: Any, row: str, pairs: _Pairs) -> Iterator[_Leaf]:
    """The tables in a query, each with the origins of attributes that must equal one of the written row."""
    if isinstance(node, expr.Source):
        if node.schema != WRITTEN:
            yield TableId(node.schema, node.table), pairs
    elif isinstance(node, expr.Restrict):
        yield from _leaves(node.node, row, pairs | frozenset(_equalities(node.heading, node.condition, row)))
        yield from _leaves(node.condition, row, frozenset())
    elif isinstance(node, tuple):
        for item in node:
            yield from _leaves(item, row, frozenset())
    elif is_dataclass(node) and not isinstance(node, Scalar):
        for part in fields(node):
            yield from _leaves(getattr(node, part.name), row, frozenset())


def _equalities(heading: Heading, condition: Any, row: str) -> Iterator[tuple[str, str]]:
    """Origins of attributes that equal one of the written row, and which."""
    if isinstance(condition, AllOf):
        for item in condition.items:
            yield from _equalities(heading, item, row)
        return
    pairs: list[tuple[str, str]] = []
    if isinstance(condition, InQuery) and condition.node == expr.Source(WRITTEN, row, condition.node.heading):
        pairs = [(n, n) for n in condition.on]
    elif isinstance(condition, Text) and condition.scalar.tree.op == "=":
        names = [a.value for a in condition.scalar.tree.args if a.op == "name"]
        own, new = [n for n in names if "." not in n], [n for n in names if n.startswith(f"{row}.")]
        pairs = [(o, n.rpartition(".")[2]) for o in own for n in new]
    for own_name, written in pairs:
        lineage = heading[own_name].lineage
        if lineage is not None:
            yield lineage, written
