"""Rows one after the other, by the names that database drivers have for it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import Any, Final


class Cursor(Iterator[Any]):
    """Rows that are read as they are asked for.

    Parameters
    ----------
    rows : iterable
    rowcount : int
        How many rows there are or were changed; -1 where nobody has counted.
    lastrowid : int, optional
        The number that an ``auto_increment`` counted up to.

    Examples
    --------
    >>> cursor = Cursor([(1, "a"), (2, "b"), (3, "c")])
    >>> cursor.fetchone(), cursor.fetchall(), cursor.fetchone()
    ((1, 'a'), [(2, 'b'), (3, 'c')], None)
    """

    def __init__(self, rows: Iterable[Any], rowcount: int = -1, lastrowid: int | None = None) -> None:
        self._rows: Final = iter(rows)
        self.rowcount = rowcount
        self.lastrowid = lastrowid

    def __next__(self) -> Any:
        return next(self._rows)

    def fetchone(self) -> Any:
        """The next row, or None."""
        return next(self, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        """The next rows, `size` at most."""
        return list(islice(self, size))

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return list(self)

    def close(self) -> None:
        """Read no more."""
        if isinstance(self._rows, Generator):
            self._rows.close()
