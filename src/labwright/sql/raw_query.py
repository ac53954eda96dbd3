"""What users ask a connection directly: statements of their own, who they are, which schemas it has met."""

from __future__ import annotations

import getpass
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import LabwrightError
from labwright.sql.cursor import Cursor
from labwright.sql.drivers import Result
from labwright.sql.drivers.base import is_read
from labwright.sql.readers import Readers
from labwright.sql.recheck import ORDERED
from labwright.sql.statement import Statement

if TYPE_CHECKING:
    from labwright.sql.dependencies import Dependencies

_READS: Final = re.compile(r"\b(from|table|call)\b", re.IGNORECASE)
_PARENTHESES: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\([^()]*\)")
"""What stands by itself: quoted, or in parentheses that have none in them."""
_PLACE: Final = re.compile("%([%s])")
_USER: Final = {"mysql": "SELECT user()", "postgres": "SELECT CAST(current_user AS text)"}


class RawQueries(ABC):
    """The names that existing pipelines use on a connection, beside those of `Connection`."""

    def __init__(self) -> None:
        self.schemas: Final[dict[str, Any]] = {}
        """The schemas in use on this connection, by name."""
        self._dependencies: Dependencies | None = None
        self.readers: Final = Readers()
        """The computations that take note of what they read."""

    @property
    @abstractmethod
    def backend(self) -> str:
        """``'sqlite'``, ``'postgres'`` or ``'mysql'``."""

    @abstractmethod
    def execute(self, sql: str, params: Sequence[Any] = (), *, write: bool = False) -> Result:
        """Run one statement."""

    def query(self, query: str, args: Sequence[Any] = (), *, as_dict: bool = False, **ignored: Any) -> Cursor:
        """Run a statement of one's own.

        Parameters
        ----------
        query : str
            In the SQL of this database, with ``%s`` for each value and ``%%`` for a per cent sign.
        args : sequence
            The values.
        as_dict : bool
            Whether rows are dicts rather than tuples.
        **ignored
            What classic code says of reconnecting and warnings, which goes without saying here.

        Returns
        -------
        Cursor
            With ``fetchone``, ``fetchall`` and ``rowcount``; the values are as the database has them.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Connection("sqlite:///:memory:") as connection:
        ...     connection.query("SELECT %s AS age", (3,), as_dict=True).fetchall()
        [{'age': 3}]
        """
        text = _PLACE.sub(lambda m: "?" if m[1] == "s" else "%", query) if self.backend == "sqlite" else query
        statement, readers = Statement(text, tuple(args)), self.readers.here() if _reads_rows(text) else ()
        for reads in readers:
            reads.check(statement)
        result = self.execute(text, args, write=True)
        for reads in readers:
            reads.note(statement, result.rows, ordered=_orders(text))
        rows = [dict(zip(result.names, row, strict=True)) for row in result] if as_dict else result.rows
        return Cursor(rows, result.rowcount, result.lastrowid)

    def set_query_cache(self, query_cache: str | None = None) -> None:
        """Refuse to answer from what was kept of earlier queries; None, which ends that elsewhere, is fine.

        Raises
        ------
        LabwrightError
            For a name, with what to do.
        """
        if query_cache is not None:
            raise LabwrightError(
                "Labwright keeps no results of queries, since they would go out of date and nobody would notice. Keep "
                "those that take long in a Computed table, or in a file of your own: query.to_arrow(), "
                "query.to_pandas()."
            )

    def purge_query_cache(self) -> None:  # noqa: B027 - nothing is what it does
        """Do nothing: there is nothing that is kept."""

    def get_user(self) -> str:
        """Who the database takes this user for; on SQLite, which knows no users, the one who is logged in here."""
        if self.backend not in _USER:
            return getpass.getuser()
        return str(self.execute(_USER[self.backend]).rows[0][0])

    @property
    def dependencies(self) -> Dependencies:
        """Which tables depend on which."""
        if self._dependencies is None:
            raise LabwrightError(
                "No table was used over this connection yet. Pass it to a Schema or a FreeTable, and use that."
            )
        return self._dependencies

    @dependencies.setter
    def dependencies(self, found: Dependencies) -> None:
        self._dependencies = found


def _reads_rows(sql: str) -> bool:
    """Whether it reads rows of tables, and does not only ask for something such as the time."""
    return is_read(sql) and bool(_READS.search(sql))


def _orders(sql: str) -> bool:
    """Whether its rows come in an order; that of a subquery is none.

    Examples
    --------
    >>> _orders("SELECT a FROM t ORDER BY lower(b)"), _orders("SELECT rank() OVER (ORDER BY f(b)) FROM t")
    (True, False)
    """
    before = ""
    while before != sql:
        before, sql = sql, _PARENTHESES.sub(" ", sql)
    return bool(ORDERED.search(sql))
