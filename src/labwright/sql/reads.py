"""What a computation has read: each statement with a digest of the rows that it gave."""

from __future__ import annotations

import datetime
import decimal
import hashlib
import marshal
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from labwright.sql.statement import Statement

SIZE: Final = 16
"""The bytes of a digest."""
LARGE: Final = 4096
"""Longer values count by their SHA-256, which databases can tell as well."""
FEW: Final = 1
"""So many rows are compared by the database: of more the order would count as well."""
_SIMPLE: Final = frozenset({int, str, float, bool, type(None)})


class Large(NamedTuple):
    """Stands for a long value."""

    sha256: bytes
    size: int


COMPARABLE: Final = _SIMPLE | {
    bytes, Large, decimal.Decimal, datetime.date, datetime.datetime, datetime.time, datetime.timedelta, uuid.UUID
}  # fmt: skip
"""Values that databases can be asked whether they still have them."""


@dataclass(frozen=True, slots=True)
class Read:
    """One statement that was run, and what it gave.

    Parameters
    ----------
    sql : str
    params : tuple
        Its bound values.
    digest : bytes
        Of the rows; see `digest_rows`.
    count : int
        How many rows there were.
    rows : tuple of tuple, optional
        The rows, where they are so few that the database can be asked whether they are the same.
    width : int
        How many columns there were.
    large : tuple of int
        Those of them with long values.
    whole : bool
        Whether all rows were read, and not only the first `count`.
    ordered : bool
        Whether their order counts as well.
    """

    sql: str
    params: tuple[Any, ...]
    digest: bytes
    count: int
    rows: tuple[tuple[Any, ...], ...] | None = field(default=None, compare=False, repr=False)
    width: int = 0
    large: tuple[int, ...] = ()
    whole: bool = True
    ordered: bool = False

    def __hash__(self) -> int:
        return hash((self.sql, self.digest))  # values may be lists


class Reads:
    """Collects what is read while it is in force.

    Parameters
    ----------
    check : callable
        Called with each statement before it is run; may refuse it.
    """

    def __init__(self, check: Callable[[Statement], object] = lambda _: None) -> None:
        self.found: Final[list[Read]] = []
        self.check = check
        self._streams: dict[int, tuple[Statement, RowHasher]] = {}

    def note(self, statement: Statement, rows: Sequence[Sequence[Any]], *, ordered: bool = False) -> None:
        """Note what a statement gave."""
        hasher = RowHasher(ordered)
        few = tuple(map(_kept, rows)) if len(rows) <= FEW else None
        hasher.add(rows if few is None else few)
        self._note(statement, hasher, few if few is None or all(map(_comparable, few)) else None)

    def noting(self, statement: Statement, batches: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        """Pass batches on, and note them all at their end; what is given up before is noted as far as it was read."""
        hasher = RowHasher()
        self._streams[id(hasher)] = statement, hasher
        try:
            for batch in batches:
                hasher.add(batch)
                yield batch
            if self._streams.pop(id(hasher), None):
                self._note(statement, hasher)
        finally:
            self._give_up(id(hasher))

    def finish(self) -> None:
        """Note what is still being read as far as it was read."""
        for stream in list(self._streams):
            self._give_up(stream)

    def _give_up(self, stream: int) -> None:
        statement, hasher = self._streams.pop(stream, (None, None))
        if statement is not None and hasher is not None and hasher.count:
            self._note(statement, hasher, whole=False)

    def _note(
        self,
        statement: Statement,
        hasher: RowHasher,
        rows: tuple[tuple[Any, ...], ...] | None = None,
        whole: bool = True,
    ) -> None:
        shape = hasher.width, tuple(sorted(hasher.large))
        read = Read(statement.sql, statement.params, hasher.digest(), hasher.count, rows, *shape, whole, hasher.ordered)
        self.found.append(read)


class RowHasher:
    """A digest of rows as a database gave them, equal for equal values, in whatever order and batches they come.

    Databases promise no order unless they are asked for one; so the digests of rows are added up.

    Parameters
    ----------
    ordered : bool
        Whether the order of rows counts, since they were asked for in that.
    """

    def __init__(self, ordered: bool = False) -> None:
        self.ordered = ordered
        self._sum = 0
        self.count = 0
        self.width = 0
        self.large: set[int] = set()

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Go on with more rows."""
        for place, row in enumerate(rows, self.count):
            plain = row if _SIMPLE.issuperset(map(type, row)) else self._plain(row)
            told = (place, *plain) if self.ordered else tuple(plain)
            data = marshal.dumps(told, 2)  # the last version that says nothing of identity
            self._sum += int.from_bytes(hashlib.blake2b(data, digest_size=SIZE).digest())
        self.count += len(rows)
        self.width = len(rows[0]) if rows else self.width

    def _plain(self, row: Sequence[Any]) -> list[Any]:
        kept = _kept(row)
        self.large.update(i for i, value in enumerate(kept) if type(value) is Large)
        return [*map(_plain, kept)]

    def digest(self) -> bytes:
        """The digest of all rows so far."""
        return (self._sum % (1 << 8 * SIZE)).to_bytes(SIZE)


def digest_rows(rows: Sequence[Sequence[Any]], *, ordered: bool = False) -> bytes:
    """Return a digest of rows as a database gave them, equal for equal values; their order counts where it was asked.

    Examples
    --------
    >>> digest_rows([(1, "a"), (2, "b")]) == digest_rows([(2, "b"), (1, "a")])
    True
    >>> digest_rows([(1, "a"), (2, "b")], ordered=True) == digest_rows([(2, "b"), (1, "a")], ordered=True)
    False
    >>> digest_rows([(1, "a")]) == digest_rows([(1.0, "a")])
    False
    """
    hasher = RowHasher(ordered)
    hasher.add(rows)
    return hasher.digest()


def _kept(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row with its long values told by their digest."""
    return tuple([_short(v) if isinstance(v, (bytes, bytearray, memoryview)) else v for v in row])


def _short(value: bytes | bytearray | memoryview) -> bytes | Large:
    return bytes(value) if len(value) <= LARGE else Large(hashlib.sha256(value).digest(), len(value))


def _comparable(row: Sequence[Any]) -> bool:
    return COMPARABLE.issuperset(map(type, row))


def _plain(value: Any) -> Any:
    """A value as one that `marshal` knows, so that no two of them are taken for each other."""
    kind = type(value)
    if kind in _SIMPLE or kind is bytes:
        return value
    return tuple(value) if kind is Large else (f"{kind.__module__}.{kind.__qualname__}", repr(value))
