"""Reading again what makes have read, many queries at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from labwright.core.errors import AccessError, LabwrightError, LostConnectionError
from labwright.jobs.read_text import KeptRead
from labwright.sql.batches import numbered
from labwright.sql.database import Database
from labwright.sql.reads import Read, digest_rows
from labwright.sql.recheck import limited

AT_ONCE: Final = 64
MOST_VALUES: Final = 500
"""So many queries, with so many values, go together at most."""
MOST_ROWS: Final = 20_000
MUCH: Final = 4 << 20
"""Bytes after which fewer go together."""
Name = tuple[str, str]


def changed_reads(database: Database, reads: Iterable[KeptRead]) -> set[Name]:
    """Return the names of those reads, each of them once, that would give other rows today.

    What can be read no more, since a table is another, has changed.
    """
    by_sql: dict[str, dict[str, KeptRead]] = {}
    for read in reads:
        if read.params is not None:
            by_sql.setdefault(read.sql, {})[read_name(read)[1]] = read
    return {read_name(read) for same in by_sql.values() for read in _Reread(database).changed(list(same.values()))}


def read_name(read: KeptRead) -> Name:
    """What tells a read from others: the query, its values, and what it gave."""
    return read.sql, f"{read.params!r} {read.digest}"


class _Reread:
    """Reads again; how many go together depends on how large their rows turn out to be."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._size = 1

    def changed(self, reads: Sequence[KeptRead]) -> Iterator[KeptRead]:
        """Those of several runs of one query that give other rows."""
        start = 0
        while start < len(reads):
            piece = reads[start : start + self._fitting(reads, start)]
            start += len(piece)
            together = len(piece) > 1 and all(read.whole for read in piece)
            suspects = self._suspects(piece) if together else piece
            yield from (read for read in suspects if self._differs(read))

    def _fitting(self, reads: Sequence[KeptRead], start: int) -> int:
        """How many of the next ones go together."""
        size, values, rows = 0, 0, 0
        for read in reads[start : start + self._size]:
            values, rows = values + len(read.params or ()), rows + read.count
            if size and (values > MOST_VALUES or rows > MOST_ROWS):
                break
            size += 1
        return size

    def _suspects(self, reads: Sequence[KeptRead]) -> Sequence[KeptRead]:
        """Those that seem to differ: the order of rows may be another when queries go together."""
        statement = numbered(reads[0].sql, [read.params or () for read in reads])
        try:
            rows = self._fetch(statement.sql, statement.params)
        except LabwrightError as error:
            _raise_unrelated(error)
            return reads  # such as a query with two columns of one name
        found: dict[int, list[tuple[Any, ...]]] = {}
        for number, *row in rows:
            found.setdefault(number, []).append(tuple(row))
        return [read for n, read in enumerate(reads) if _digest(read, found.get(n, ())) != read.digest]

    def _differs(self, read: KeptRead) -> bool:
        try:
            return _digest(read, self._fetch(_limited(read), read.params or ())) != read.digest
        except LabwrightError as error:
            _raise_unrelated(error)
            return True

    def _fetch(self, sql: str, params: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        rows = self._database.connection.fetch(sql, params)
        size = sum(len(v) for row in rows for v in row if isinstance(v, (bytes, str)))
        self._size = max(1, self._size // 4) if size > MUCH else min(AT_ONCE, self._size * 2)
        return rows


def _digest(read: KeptRead, rows: Sequence[tuple[Any, ...]]) -> str:
    return digest_rows(rows, ordered=read.ordered).hex()


def _limited(read: KeptRead) -> str:
    return limited(Read(read.sql, read.params or (), b"", read.count, whole=read.whole))


def _raise_unrelated(error: LabwrightError) -> None:
    """Raise what says nothing of the query."""
    if isinstance(error, (AccessError, LostConnectionError)):
        raise error
