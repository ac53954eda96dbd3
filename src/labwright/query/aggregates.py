"""Aggregate functions: what stands outside them, and what they give for a row without partners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from labwright.core.types import Type
from labwright.query.nodes import AGGREGATES, Node
from labwright.query.scalar import Scalar

PARTNER: Final = "*"
"""Stands for a column that is NULL where an outer join found no partner."""

_STRICT: Final = frozenset("+ - * / neg abs to concat length lower upper".split())


@lru_cache(maxsize=4096)
def outer_names(scalar: Scalar) -> tuple[str, ...]:
    """The attributes that `scalar` uses outside of aggregate functions: those must be one per group.

    Examples
    --------
    >>> from labwright.core.heading import Attribute, Heading
    >>> from labwright.query.scalar import parse_scalar
    >>> heading = Heading([Attribute(n, Type("int32")) for n in ("weight", "score")])
    >>> outer_names(parse_scalar("weight + max(score)", heading))
    ('weight',)
    """
    return tuple(dict.fromkeys(_outside(scalar.tree)))


def _outside(node: Node) -> Iterator[str]:
    if node.op == "name":
        yield node.value
    elif node.op not in AGGREGATES:
        for arg in node.args:
            yield from _outside(arg)


@lru_cache(maxsize=4096)
def over_partners(scalar: Scalar, optional: tuple[str, ...]) -> Scalar:
    """`scalar` with aggregate functions that see no row where `PARTNER` is NULL, as over an empty group.

    Parameters
    ----------
    scalar : Scalar
    optional : tuple of str
        Attributes that are NULL there anyway.
    """
    return replace(scalar, tree=_over_partners(scalar.tree, optional))


def _over_partners(node: Node, optional: tuple[str, ...]) -> Node:
    if node.op in AGGREGATES:
        return replace(node, args=(_only_partners(node.args[0], optional), *node.args[1:]))
    return replace(node, args=tuple(_over_partners(a, optional) for a in node.args)) if node.args else node


def _only_partners(node: Node, optional: tuple[str, ...]) -> Node:
    partner = Node("name", value=PARTNER)
    if node.op == "star":
        return partner
    if _vanishes(node, optional):
        return node
    missing = Node("is null", (partner,), type=Type("bool"), nullable=False)
    return Node("case", (missing, Node("null"), node), type=node.type)


def _vanishes(node: Node, optional: tuple[str, ...]) -> bool:
    """Whether it is NULL when the attributes `optional` are."""
    if node.op == "name":
        return node.value in optional
    return node.op in _STRICT and any(_vanishes(a, optional) for a in node.args)
