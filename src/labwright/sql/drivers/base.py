"""What a driver does for a connection, and what the three of them share."""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias

from labwright.core.errors import LabwrightError, Violation
from labwright.sql.acting import Acting
from labwright.sql.rule_names import rule_error
from labwright.sql.url import DatabaseUrl

Raw: TypeAlias = Any
"""A connection of the DB-API: of whichever package is in use."""

Row: TypeAlias = tuple[Any, ...]
Params: TypeAlias = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gave.

    Parameters
    ----------
    rows : list of tuple
        All of them; empty for a statement that returns none.
    rowcount : int
        Rows matched by a change, or returned by a query; -1 where the database does not say.
    lastrowid : int or None
        The number that an ``auto_increment`` counted up to, where the database says it.
    names : tuple of str
        What the columns of the rows are called.
    """

    rows: list[Row]
    rowcount: int
    lastrowid: int | None = None
    names: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


class Order(NamedTuple):
    """A statement that is sent with others, once for each of some rows of values."""

    sql: str
    rows: Sequence[Params]


def column_names(cursor: Any) -> tuple[str, ...]:
    """What a cursor says of the columns of its rows."""
    return tuple(c[0] for c in cursor.description or ())


@dataclass(frozen=True, slots=True)
class ServerVersion:
    """Which database answers: ``product`` is ``'sqlite'``, ``'postgres'``, ``'mysql'`` or ``'mariadb'``."""

    product: str
    numbers: tuple[int, ...]
    text: str

    def __str__(self) -> str:
        return self.text


class Fate(enum.Enum):
    """What an error did to the connection and the transaction it happened in."""

    STATEMENT = "the statement failed; all else goes on"
    RETRY = "the statement failed for no fault of its own, and may be repeated"
    REPLAN = "the statement never ran, since its prepared form is out of date on this connection"
    LOST = "the connection is gone"


class Driver(Protocol):
    """One database's way of opening connections, running statements and reporting errors."""

    @property
    def backend(self) -> str: ...
    @property
    def patience(self) -> float:
        """For how many seconds a statement that may be repeated is repeated."""

    @property
    def remembers(self) -> bool:
        """Whether a session keeps what it is told about who acts; else it is told within each transaction."""

    @property
    def stamps(self) -> bool:
        """Whether a transaction has to be told that its changes are one."""

    url: DatabaseUrl
    """Where connections lead to that are opened from now on."""

    def set_password(self, raw: Raw, new: str) -> None:
        """Change the password of the user who is connected; not asked of SQLite."""

    def tell(self, raw: Raw, acting: Acting) -> None:
        """Let triggers know who acts."""

    def connect(self) -> Raw:
        """Open a connection with our session settings; errors are already ours."""

    def close(self, raw: Raw) -> None:
        """Close at once and without complaint, even in the middle of reading."""

    def shutdown(self) -> None:
        """Let go of what all connections share."""

    def before_fork(self, raw: Raw) -> bool:
        """Return True when an idle connection has to be closed before the process forks."""

    def abandon(self, raw: Raw) -> None:
        """Make a connection inherited through a fork unable to disturb its owner."""

    def fileno(self, raw: Raw) -> int:
        """Return the socket, or -1."""

    def ping(self, raw: Raw) -> bool:
        """Ask the server whether it is there."""

    def version(self, raw: Raw) -> ServerVersion: ...
    def fetch(self, raw: Raw, sql: str, params: Params) -> list[Row]: ...
    def execute(self, raw: Raw, sql: str, params: Params) -> Result: ...
    def execute_kept(self, raw: Raw, sql: str, params: Params) -> Result:
        """Run a change by itself, with triggers told who acts; only for sessions that do not remember it."""

    def executemany(self, raw: Raw, sql: str, rows: Iterable[Params]) -> int: ...
    def copy_rows(self, raw: Raw, sql: str, rows: Iterable[Params], types: Sequence[str]) -> int: ...
    def stream(self, raw: Raw, sql: str, params: Params, size: int, own: bool) -> Generator[list[Row], None, None]:
        """Yield lists of rows; `own` says that nobody else uses `raw` meanwhile."""

    def limit(self, raw: Raw, seconds: float | None) -> None:
        """Let no statement of a session take longer, until it is told otherwise; None: as long as it likes."""

    @property
    def streams_longer(self) -> int:
        """How many times as long a statement has whose rows are read one by one."""

    def begin(self, raw: Raw) -> None: ...
    @property
    def role_lasts(self) -> bool:
        """Whether a role is taken until another one is; else until the transaction ends."""

    takes_roles: bool
    """Whether the roles of those who act are taken; else what they do is done with the rights of the user."""

    def role_of(self, acting: Acting) -> str:
        """Return the role to take for who acts; empty for none."""
        return acting.role if self.takes_roles else ""

    def take_role(self, raw: Raw, role: str) -> None:
        """Let the rights of `role` hold; those of the user where it is empty."""

    def alone_as(self, raw: Raw, role: str) -> AbstractContextManager[None]:
        """A block in which one statement is run in a transaction of its own, with the rights of `role`."""

    def begin_committed(self, raw: Raw) -> None:
        """Begin one whose statements each see what is stored by then, and keep nobody waiting for what they read."""

    def begin_snapshot(self, raw: Raw) -> None:
        """Begin a transaction that reads, and sees what is stored now until it ends."""

    def commit(self, raw: Raw) -> None:
        """Commit, or raise: never roll back in silence."""

    def ship(self, raw: Raw, orders: Sequence[Order], *, commit: bool) -> list[list[Row]]:
        """Begin, run statements, and commit if wanted, with nothing awaited in between; return what each gave.

        When one fails, those behind it are not run, and the transaction is open. Asked of those alone that can.
        """

    def rollback(self, raw: Raw) -> None: ...
    def savepoint(self, raw: Raw, name: str) -> None: ...
    def release(self, raw: Raw, name: str) -> None: ...
    def rollback_to(self, raw: Raw, name: str) -> None: ...
    def translate(self, exc: BaseException, sql: str = "") -> LabwrightError | None:
        """Return our error for a driver's; None for one that is not the database's."""

    def fate(self, exc: BaseException, raw: Raw) -> Fate: ...
    def ended(self, exc: BaseException, raw: Raw) -> bool:
        """Return True when the error has ended the transaction that the statement was in."""


class Savepoints:
    """What all three say in the same words, and what two of them cannot."""

    role_lasts: ClassVar[bool] = False
    streams_longer: ClassVar[int] = 1
    takes_roles: bool = True

    def role_of(self, acting: Acting) -> str:
        return acting.role if self.takes_roles else ""

    def take_role(self, raw: Raw, role: str) -> None:
        raise LabwrightError(
            f"The role {role!r} cannot be taken: SQLite has no users, and whoever can read the file reads all of it. "
            "Roles are taken on PostgreSQL, MySQL and MariaDB."
        )

    def alone_as(self, raw: Raw, role: str) -> AbstractContextManager[None]:
        self.take_role(raw, role)
        return nullcontext()

    def savepoint(self, raw: Raw, name: str) -> None:
        raw.cursor().execute(f"SAVEPOINT {name}")

    def release(self, raw: Raw, name: str) -> None:
        raw.cursor().execute(f"RELEASE SAVEPOINT {name}")

    def rollback_to(self, raw: Raw, name: str) -> None:
        raw.cursor().execute(f"ROLLBACK TO SAVEPOINT {name}")


def failure(
    kind: type[LabwrightError],
    message: str,
    reason: str = "other",
    *,
    table: str | None = None,
    columns: Iterable[str] = (),
    constraint: str | None = None,
    references: str | None = None,
) -> LabwrightError:
    """Return an error with its violation attached."""
    violation = Violation(reason, table, tuple(columns), constraint, references)
    error = (rule_error(message, violation) if reason in ("check", "rule") else None) or kind(message)
    error.violation = error.violation or violation
    return error


_READS = re.compile(r"\s*(?:\(\s*)*(select|values|table|show|describe|desc|explain|pragma|with)\b", re.IGNORECASE)
_CHANGES = re.compile(r"\b(insert|update|delete|merge|replace|into|nextval|setval)\b", re.IGNORECASE)


def is_read(sql: str) -> bool:
    """Return True for a statement that surely changes nothing, and so may be repeated."""
    return bool(_READS.match(sql)) and not _CHANGES.search(sql)


def numbers(text: str) -> tuple[int, ...]:
    """Return the leading version numbers of a text.

    >>> numbers("10.11.19-MariaDB-0+deb12u1")
    (10, 11, 19)
    """
    match = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(n) for n in match[0].split(".")) if match else ()


def silence(fileno: int) -> None:
    """Let what this process writes to an inherited socket go nowhere, so that its owner can go on."""
    if fileno >= 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, fileno)
        os.close(nowhere)
