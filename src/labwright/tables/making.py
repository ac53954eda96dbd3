"""What a running ``make`` may insert, and has inserted: by context, so that threads do not open each other's doors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from labwright.core.errors import MakeError
from labwright.define.table import TableId
from labwright.sql.transaction import owner

Adapt = Callable[[str, Any], Any]
Refuse = Callable[[str], object]


class Making:
    """A run of ``make``: rows of its table, and of the parts of that, may be inserted meanwhile.

    Parameters
    ----------
    table : TableId
    keys : sequence of mapping
        The keys that it is run for; none where that does not matter.
    foreign : callable
        Called with a sentence when a row of another key is inserted.
    """

    def __init__(
        self, table: TableId, keys: Sequence[Mapping[str, Any]] = (), foreign: Refuse = lambda _: None
    ) -> None:
        self.table = table
        self.keys = tuple(keys)
        self.inserted: set[tuple[Any, ...]] = set()
        """The keys that have rows."""
        self.unknown = False
        """Whether rows were inserted that only the database has seen."""
        self.inserts = True
        """Whether it may insert now; not while a make in parts fetches and computes."""
        self.owner = owner()
        self._foreign = foreign

    def keys_of(
        self, names: Sequence[str], columns: Sequence[Sequence[Any]], adapt: Adapt
    ) -> Collection[tuple[Any, ...]]:
        """Those of its keys that rows of its table have, given by column, which are about to be inserted."""
        if not self.keys:
            return ()
        shared = [n for n in self.keys[0] if n in names]
        given = {tuple(row) for row in zip(*(columns[names.index(n)] for n in shared), strict=True)}
        keys = {tuple(adapt(n, key[n]) for n in shared): tuple(key.values()) for key in self.keys}
        own = set()
        for row in given:
            found = keys.get(tuple(map(adapt, shared, row)))
            if found is None:
                self._foreign(", ".join(f"{n}={v!r}" for n, v in zip(shared, row, strict=True)))
            else:
                own.add(found)
        return own

    def missing(self) -> list[Mapping[str, Any]]:
        """The keys for which no row was inserted, as far as it is known."""
        return [key for key in self.keys if tuple(key.values()) not in self.inserted]


_making: Final[ContextVar[tuple[Making, ...]]] = ContextVar("labwright_making", default=())


@contextmanager
def making(run: Making) -> Iterator[None]:
    """Within the block, `run` is what goes on."""
    token = _making.set((*_making.get(), run))
    try:
        yield
    finally:
        _making.reset(token)


def running(table: TableId) -> Making | None:
    """The ``make`` of `table` that is running here, and may insert now.

    Raises
    ------
    MakeError
        In another thread or task than its own, where its transaction is not.
    """
    run = next((run for run in reversed(_making.get()) if run.table == table and run.inserts), None)
    if run is not None and run.owner != owner():
        raise MakeError(
            f"Rows of {table} are inserted by another thread or task than the one that runs make, so that they would "
            "not be stored together with the rest. Hand them to make, and insert them there."
        )
    return run


def is_making() -> bool:
    """Whether any ``make`` is running here."""
    return bool(_making.get())
