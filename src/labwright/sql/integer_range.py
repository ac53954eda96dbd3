"""Between which numbers a whole-number expression lies, as far as its types tell."""

from __future__ import annotations

from typing import Final

from labwright.core.types import INTEGER_BOUNDS
from labwright.query.nodes import Node

Range = tuple[int, int]

WIDEST: Final[Range] = INTEGER_BOUNDS["int64"]


def fits(node: Node) -> bool:
    """Whether the value surely fits into 64 bits.

    Examples
    --------
    >>> from labwright.core.types import Type
    >>> small, one = Node("name", value="n", type=Type("int32")), Node("number", value="1", type=Type("int64"))
    >>> fits(Node("*", (small, small), type=Type("int64")))
    True
    >>> fits(Node("+", (Node("name", value="m", type=Type("int64")), one), type=Type("int64")))
    False
    """
    low, high = _range(node)
    return WIDEST[0] <= low and high <= WIDEST[1]


def _range(node: Node) -> Range:
    if node.op == "number":
        return (int(node.value), int(node.value)) if str(node.value).isdigit() else WIDEST
    if node.op == "to" and node.args[0].type is not None and node.args[0].type.is_integer:
        return _range(node.args[0])
    if node.op in ("+", "-", "*", "neg", "div") and node.type is not None and node.type.is_integer:
        return _computed(node.op, [_range(a) for a in node.args])
    return INTEGER_BOUNDS.get(node.type.kind, WIDEST) if node.type is not None else WIDEST


def _computed(op: str, args: list[Range]) -> Range:
    low, high = args[0]
    if op == "neg":
        return -high, -low
    if op == "div":  # by -1 at the worst
        most = max(abs(low), abs(high))
        return -most, most
    other_low, other_high = args[1]
    if op == "+":
        return low + other_low, high + other_high
    if op == "-":
        return low - other_high, high - other_low
    products = [a * b for a in args[0] for b in args[1]]
    return min(products), max(products)
