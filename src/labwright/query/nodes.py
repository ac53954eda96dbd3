"""The tree of a user's expression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from labwright.core.types import Type

AGGREGATES: Final = frozenset(
    "count sum avg min max stddev_pop stddev_samp var_pop var_samp group_concat bool_and bool_or any_value".split()
)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One step of an expression.

    Parameters
    ----------
    op : str
        ``name``, ``text``, ``number``, ``null``, ``truth``, ``star``, an operator, ``call`` (a function
        that is passed on as it is), or the name of a known function.
    args : tuple of Node
    value : Any
        The name, literal, unit or modifier.
    type : Type, optional
        None before inference, and after it for what only the database knows.
    nullable : bool
    at : int
        Offset in the text.
    """

    op: str
    args: tuple[Node, ...] = ()
    value: Any = None
    type: Type | None = None
    nullable: bool = True
    at: int = 0


def walk(node: Node) -> Iterator[Node]:
    """Every node below and including `node`, in the order of the text."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += reversed(found.args)


def same(first: Node, second: Node) -> bool:
    """Whether two trees mean the same, though they are not the same objects."""
    return first is second or all(
        (a.op, a.value, a.type, a.nullable, len(a.args)) == (b.op, b.value, b.type, b.nullable, len(b.args))
        for a, b in zip(walk(first), walk(second), strict=False)  # the lengths agree when all numbers of args do
    )
