"""Looking again at what a computation has read, in the transaction that stores its results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache, partial
from typing import Any, Final

from labwright.core.errors import AccessError, InputsChangedError, LabwrightError, QueryError
from labwright.sql.acting import current
from labwright.sql.drivers.base import Driver, Params, Raw
from labwright.sql.reads import LARGE, Large, Read, RowHasher, digest_rows

Run = Callable[[Any, str, Any], Any]
Savepoint = Callable[[], AbstractContextManager[None]]
REMEMBERED: Final = 1000
SHOWN: Final = 300
"""Characters of a query in an error."""
AT_ONCE: Final = 10_000
"""So many rows are held in memory, where the driver allows it."""

_CLAUSES: Final = {"postgres": " FOR SHARE", "mysql": " LOCK IN SHARE MODE"}
"""What keeps the rows as they are until the transaction ends; on SQLite nobody else writes meanwhile."""
_SHA256: Final = {"postgres": "sha256({0})", "mysql": "UNHEX(SHA2({0}, 256))"}
_GROUPED: Final = re.compile(
    r"\b(group\s+by|distinct|union|having|intersect|except|over|join"
    r"|(\w*agg|count|sum|min|max|avg|bool_\w+|std\w+|var\w+)\s*\()",
    re.IGNORECASE,
)
"""What PostgreSQL has no row for that it could lock."""
ORDERED: Final = re.compile(r"\border\s+by\b", re.IGNORECASE)
_LIMITED: Final = re.compile(r"\blimit\b", re.IGNORECASE)


class Known:
    """What is known of statements that are read again.

    Those who may only read tables may not hold rows on PostgreSQL, and some values databases do not compare.

    Parameters
    ----------
    product : callable
        Tells which database answers.
    """

    def __init__(self, product: Callable[[], str]) -> None:
        self.product = product
        self.may_share: dict[tuple[str, str], bool] = {}
        self.incomparable: set[str] = set()

    def sharing(self, role: str, sql: str, may: bool) -> None:
        """Note whether the user, or a role that was taken, may hold rows that a statement gives."""
        if len(self.may_share) >= REMEMBERED:
            self.may_share.clear()
        self.may_share[role, sql] = may

    def cannot_compare(self, reads: Iterable[Read]) -> None:
        """Note that the database does not compare what these gave."""
        if len(self.incomparable) >= REMEMBERED:
            self.incomparable.clear()
        self.incomparable.update(read.sql for read in reads)


class Recheck:
    """Reads again, with the rows held where that is possible.

    Parameters
    ----------
    driver : Driver
    known : Known
    """

    def __init__(self, driver: Driver, known: Known) -> None:
        self._driver = driver
        self._known = known

    def __call__(self, run: Run, savepoint: Savepoint, reads: Iterable[Read]) -> None:
        """Read again what was read.

        Raises
        ------
        InputsChangedError
            When it is no longer the same.
        """
        for read in dict.fromkeys(reads):
            if not self._is_same(run, savepoint, read):
                raise InputsChangedError(_changed(read))

    def _is_same(self, run: Run, savepoint: Savepoint, read: Read) -> bool:
        if is_brief(self._driver.backend, read) and self._same_in_brief(run, savepoint, read):
            return True
        return self._again(run, savepoint, read) == read.digest

    def _same_in_brief(self, run: Run, savepoint: Savepoint, read: Read) -> bool:
        """Whether it is the same, long values told by their digest; False where that cannot be said."""
        try:
            with savepoint():
                return self.is_same(read, run(self._driver.fetch, self.sql(read), read.params))
        except LabwrightError:
            return False

    def sql(self, read: Read) -> str:
        """The statement by which it is read again: with digests of long values, where the database tells them."""
        backend, clause = self._driver.backend, self.clause(read.sql)
        if is_brief(backend, read):
            return _brief(_SHA256[backend], read.sql + clause, read.width, read.large)
        return limited(read) + clause

    def is_same(self, read: Read, rows: Sequence[Sequence[Any]]) -> bool:
        """Whether the rows of that statement are what was read."""
        if is_brief(self._driver.backend, read):
            rows = [_lengthened(list(row), read.large) for row in rows]
        return digest_rows(rows, ordered=read.ordered) == read.digest

    def _again(self, run: Run, savepoint: Savepoint, read: Read) -> bytes:
        """The digest of what it gives now."""
        sql, clause = limited(read), self.clause(read.sql)
        call = partial(self._digest if read.count <= AT_ONCE else self._digest_of_many, read.ordered)
        if clause:
            known = (self._role, read.sql) in self._known.may_share
            ends = self._driver.backend == "postgres"  # where an error is the end of a transaction
            try:
                with savepoint() if ends and not known else nullcontext():
                    found = bytes(run(call, sql + clause, read.params))
            except (AccessError, QueryError):
                self._known.sharing(self._role, read.sql, False)
                if ends and known:
                    raise
            else:
                self._known.sharing(self._role, read.sql, True)
                return found
        return bytes(run(call, sql, read.params))

    @property
    def _role(self) -> str:
        return self._driver.role_of(current.get())

    def _digest(self, ordered: bool, raw: Raw, sql: str, params: Params) -> bytes:
        return digest_rows(self._driver.fetch(raw, sql, params), ordered=ordered)

    def _digest_of_many(self, ordered: bool, raw: Raw, sql: str, params: Params) -> bytes:
        hasher = RowHasher(ordered)
        for rows in self._driver.stream(raw, sql, params, AT_ONCE, False):
            hasher.add(rows)
        return hasher.digest()

    @property
    def holds(self) -> bool:
        """Whether nothing changes that was looked at again. Servers let others add rows, and change inner queries."""
        return self._driver.backend == "sqlite"

    def clause(self, sql: str) -> str:
        """What a statement ends with so that it holds its rows; nothing where it cannot, or the user may not."""
        if self._driver.backend == "postgres" and _is_grouped(sql):
            return ""
        may = self._known.may_share.get((self._role, sql), True)
        return _CLAUSES.get(self._driver.backend, "") if may else ""


def _changed(read: Read) -> str:
    text = " ".join(read.sql.split())
    return (
        "What was read has changed since, so that nothing was stored. Compute it again. If this comes again and again,"
        " the query gives something else each time that it is asked, such as the time or a random number: let Python"
        f" tell that. It is: {text if len(text) <= SHOWN else f'{text[:SHOWN]}...'}"
    )


@lru_cache(maxsize=REMEMBERED)
def _is_grouped(sql: str) -> bool:
    return bool(_GROUPED.search(sql))


def limited(read: Read) -> str:
    """The statement that gives as many rows as were read of it."""
    if read.whole:
        return read.sql
    return f"{f'SELECT * FROM ({read.sql}) AS q' if _LIMITED.search(read.sql) else read.sql} LIMIT {read.count}"


def is_brief(backend: str, read: Read) -> bool:
    """Whether the database can tell the digests of long values, with the rows in their order."""
    if not read.large or not read.whole or backend not in _SHA256:
        return False
    return backend == "postgres" or not ORDERED.search(read.sql)


@lru_cache(maxsize=REMEMBERED)
def _brief(sha256: str, sql: str, width: int, large: tuple[int, ...]) -> str:
    asked = [
        f"CASE WHEN octet_length(c{i}) <= {LARGE} THEN c{i} END, octet_length(c{i}), "
        f"CASE WHEN octet_length(c{i}) > {LARGE} THEN {sha256.format(f'c{i}')} END"
        if i in large else f"c{i}"
        for i in range(width)
    ]  # fmt: skip
    return f"WITH q({', '.join(f'c{i}' for i in range(width))}) AS ({sql}) SELECT {', '.join(asked)} FROM q"


def _lengthened(row: list[Any], large: tuple[int, ...]) -> list[Any]:
    for i in large:
        value, size, digest = row[i : i + 3]
        row[i : i + 3] = [value if digest is None else Large(bytes(digest), size)]
    return row
