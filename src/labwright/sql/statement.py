"""A statement that is ready to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from labwright.core.heading import Attribute


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL, its bound values, and what the columns of its result are."""

    sql: str
    params: tuple[Any, ...] = ()
    columns: tuple[Attribute, ...] = ()
    optional: bool = False
    """Whether those who have no right to it do without it, and without the optional ones that follow."""
    unseen: int = 0
    """So many more columns come last, which only tell what the rows are ordered by."""

    def filled(self, values: Sequence[Any]) -> Statement:
        """The statement with `values` in its gaps."""
        return Statement(self.sql, tuple(_filled(self.params, values)), self.columns, unseen=self.unseen)


class Gap(NamedTuple):
    """Stands among bound values for one that comes later."""

    number: int
    encode: Callable[[Any], Any] | None


class Gaps(NamedTuple):
    """Stands for several, which are made of one value."""

    number: int
    encode: Callable[[Any], Sequence[Any]]


def _filled(params: Sequence[Any], values: Sequence[Any]) -> Iterator[Any]:
    for param in params:
        kind = type(param)
        if kind is Gap:
            value = values[param.number]
            yield value if param.encode is None else param.encode(value)
        elif kind is Gaps:
            yield from param.encode(values[param.number])
        else:
            yield param


class Writer:
    """Text and bound values, in the order in which they are written."""

    __slots__ = ("_parts", "params", "write")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.params: list[Any] = []
        self.write = self._parts.append

    @property
    def sql(self) -> str:
        """What was written."""
        return "".join(self._parts)
