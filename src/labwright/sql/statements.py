"""The statements of one database: compiled once for all queries that differ in their values alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Final

from labwright.query import expr
from labwright.sql.compiler import compile_count, compile_exists, compile_select
from labwright.sql.decode import DecodePlan
from labwright.sql.dialect import Dialect
from labwright.sql.shape import Place, query_of, shape_of
from labwright.sql.statement import Statement

REMEMBERED: Final = 512
"""How many statements are kept, those that were used last."""
MANY: Final = 100
"""Queries with more values or keys than this are compiled anew, which is little beside the rest."""


Compiled = tuple[Statement, DecodePlan]


class Statements:
    """Compiles queries, and remembers what it compiled by their shapes.

    Parameters
    ----------
    dialect : Dialect
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._slots = lru_cache(maxsize=REMEMBERED)(_Slot)

    @property
    def remembered(self) -> int:
        """How many statements are kept."""
        return self._slots.cache_info().currsize

    def select(self, node: expr.Node, names: Sequence[str] | None = None, *, with_order: bool = False) -> Compiled:
        """The statement that yields the rows of `node`, and how these are read, but for codecs."""
        chosen = None if names is None else tuple(names)
        what = "select with order" if with_order else "select"
        return self._found(node, what, chosen, lambda n: compile_select(n, self.dialect, chosen, with_order=with_order))

    def count(self, node: expr.Node) -> Statement:
        """The statement that counts the rows of `node`."""
        return self._found(node, "count", None, lambda n: compile_count(n, self.dialect))[0]

    def exists(self, node: expr.Node) -> Statement:
        """The statement that tells whether `node` has any row."""
        return self._found(node, "exists", None, lambda n: compile_exists(n, self.dialect))[0]

    def _found(
        self, node: expr.Node, what: str, names: tuple[str, ...] | None, compiled: Callable[[expr.Node], Statement]
    ) -> Compiled:
        values: list[Any] = []
        shape = shape_of(node, values)
        if len(values) > MANY or any(isinstance(v, tuple) and len(v) > MANY for v in values):
            statement = compiled(node)
            return statement, DecodePlan(statement.columns, self.dialect)
        slot = self._slots(what, names, shape)
        if slot.compiled is None:
            statement = compiled(query_of(shape, map(Place, count(), values)))
            slot.compiled = statement, DecodePlan(statement.columns, self.dialect)
        statement, plan = slot.compiled
        return statement.filled(values), plan


class _Slot:
    """Keeps a statement with gaps for values, once it is there; threads that come first at once make equal ones."""

    __slots__ = ("compiled",)

    def __init__(self, *_key: object) -> None:
        self.compiled: Compiled | None = None
